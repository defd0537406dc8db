"""Every setting of the desk, once: its name, one line on what it does, where it is changed; and their search."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from inbox.actions.who import may
from inbox.reading.pages import SettingHit
from inbox.reading.pages.channel_form import ConfigField, config_fields
from inbox.reading.pages.common import Section
from inbox.reading.settings import RIGHTS
from inbox.rendering import LANGUAGES
from inbox.web.gate import store, who

__all__ = ["Known", "known", "search"]

#: The palette shows so many, the settings' own page all.
FEW = 5


@dataclass(frozen=True)
class Known:
    """One setting. ``controls`` are the names that it has in its page's forms (``week-`` for all that begin so);
    ``place`` is the part of the page, ``kind`` a kind of channel whose form it stands in."""

    section: Section
    label: str
    line: str
    controls: tuple[str, ...] = ()
    place: str = ""
    kind: str = ""

    @property
    def href(self) -> str:
        """Where it is changed."""
        if self.kind:
            return url_for("channels.new", kind=self.kind)
        return url_for(f"settings.{self.section}", _anchor=self.place or None)


def known() -> tuple[Known, ...]:
    """All of them, in the reader's language, in the order of the pages."""
    return (*_own(), *_of_channels())


def search(query: str, *, most: int | None = None) -> tuple[SettingHit, ...]:
    """Those that this person may change and whose words hold every word of the query, in any of our languages; those
    whose name begins so come first."""
    wanted = _plain(query).split()
    if not wanted:
        return ()
    listed = known()
    hay = [""] * len(listed)
    for language in LANGUAGES:
        with force_locale(language):
            hay = [f"{old} {_plain(f'{one.label} {one.line}')}" for old, one in zip(hay, known(), strict=True)]
    found = [
        one
        for one, text in zip(listed, hay, strict=True)
        if all(word in text for word in wanted) and may(who(), RIGHTS[one.section])
    ]
    found.sort(key=lambda one: (not _plain(one.label).startswith(wanted[0]), bool(one.kind)))
    hits = tuple(SettingHit(one.section, one.label, one.line, one.href, one.kind) for one in found)
    return hits[:most] if most else hits


def _plain(text: str) -> str:
    """Without accents and capitals."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


@cache
def _fields(kind: str) -> tuple[ConfigField, ...]:
    return config_fields(store().connectors[kind].Config.model_json_schema())


def _of_channels() -> tuple[Known, ...]:
    """The settings that connectors name themselves."""
    found: list[Known] = []
    for kind, connector in store().connectors.items():
        for one in _fields(kind):
            line = _(one.hint) if one.hint else _("Of a channel: %(kind)s.", kind=_(connector.title))
            found.append(Known("channels", _(one.label), line, (one.control,), kind=kind))
    return tuple(found)


def _own() -> tuple[Known, ...]:
    return (
        Known(
            "general",
            _("Name of the business"),
            _("Customers see it in mails and in the chat."),
            ("name",),
        ),
        Known("general", _("Language"), _("Of this desk; each person can choose their own."), ("language",)),
        Known("general", _("Time zone"), _("Days in the reports begin at midnight there."), ("timezone",)),
        Known(
            "general",
            _("Close a resolved ticket after (days)"),
            _("Counted from its last message."),
            ("close_after_d",),
        ),
        Known(
            "general",
            _("Time to take an answer back (seconds)"),
            _("How long an answer is held before it leaves."),
            ("undo_s",),
        ),
        Known(
            "general",
            _("Target of first contact resolution, per cent"),
            _("A dashed line in the reports; empty for none."),
            ("fcr_target",),
        ),
        Known("general", _("Public address"), _("Where providers reach this desk; set as PUBLIC_URL.")),
        Known(
            "general",
            _("Figures per person"),
            _("Off until the agreement or authorisation that allows them is named."),
            ("kind", "date", "reference", "on"),
            "agent-times",
        ),
        Known(
            "general",
            _("Unhappy messages in a row until supervisors are told"),
            _("Of one customer, over all their tickets."),
            ("unhappy_run",),
        ),
        Known(
            "general",
            _("Days in which people may correct their own day"),
            _("After that a day is closed."),
            ("correct_d",),
        ),
        Known(
            "general",
            _("Notices on devices name customer and subject"),
            _("What stands on locked screens."),
            ("push_names",),
        ),
        Known(
            "general",
            _("Branding: colour"),
            _("Of mails, of the chat and of the page to sign in."),
            ("coloured", "colour"),
            "branding",
        ),
        Known(
            "general",
            _("Branding: logo"),
            _("In mails and where your people sign in."),
            ("logo", "without"),
            "branding",
        ),
        Known(
            "general",
            _("Settings as a file"),
            _("All settings as YAML, to keep, to compare and to take to another desk."),
            ("file",),
            "file",
        ),
        Known("general", _("Sample data"), _("Invented tickets to look around with; one click removes them.")),
        Known(
            "people",
            _("Add a person"),
            _("Who answers: name, address and first password."),
            ("name", "email", "password"),
            "new",
        ),
        Known("people", _("Role"), _("What each may do: agent, supervisor or admin."), ("role", "active")),
        Known(
            "people",
            _("Open tickets at a time"),
            _("How much one person can have open before others are asked."),
            ("capacity",),
        ),
        Known("people", _("Teams of a person"), _("The first one is who they act for."), ("teams",)),
        Known("teams", _("Teams"), _("Groups that tickets are given to."), ("name", "members")),
        Known(
            "teams", _("Private team"), _("Its tickets are seen by its members and by supervisors only."), ("private",)
        ),
        Known("channels", _("Add a channel"), _("Every way customers reach you."), (), "add"),
        Known("promises", _("Opening hours"), _("Clocks run while you are open."), ("week-", "name"), "hours-h"),
        Known(
            "promises",
            _("Closed on the public holidays of Italy"),
            _("Those that move too, like Easter Monday."),
            ("italy", "patron", "patron_day"),
        ),
        Known(
            "promises", _("Special days"), _("Open or closed otherwise than usual, also on a holiday."), ("special-",)
        ),
        Known(
            "promises",
            _("Hours of a channel or a team"),
            _("Where they differ from the usual ones."),
            ("channels", "teams"),
        ),
        Known(
            "promises",
            _("Targets"),
            _("How long a first answer, the next one and a solution may take."),
            ("scope", "first-", "next-", "resolve-"),
            "targets-h",
        ),
        Known(
            "routing",
            _("New tickets are given"),
            _("By hand, in turn, to whoever has room, or by what people know."),
            ("way", "scope"),
            "rules-h",
        ),
        Known(
            "routing", _("The same person again"), _("First to whoever had this customer last."), ("sticky",), "rules-h"
        ),
        Known("routing", _("Bands of customers"), _("The best first; they are served earlier."), ("bands",), "bands-h"),
        Known(
            "routing",
            _("Bands by lifetime value"),
            _("From which value on a customer is in a band."),
            ("band", "value"),
            "bands-h",
        ),
        Known(
            "routing",
            _("What people know and speak"),
            _("So that tickets go to somebody who can answer."),
            ("skills", "speaks"),
        ),
        Known(
            "routing",
            _("Room for each kind of channel"),
            _("How many talks at a time, such as two chats."),
            ("capacity-",),
        ),
        Known("routing", _("Absence"), _("Until when somebody is away, and who stands in."), ("away_until", "deputy")),
        Known("canned", _("Canned replies"), _("Answers you write once."), ("name", "text")),
        Known("canned", _("Who has a canned reply"), _("Everybody, or one team."), ("team",)),
        Known(
            "macros", _("Macros"), _("Several things done at once, under one name."), ("name", "for", "step-", "text-")
        ),
        Known(
            "rules",
            _("Rules"),
            _("What the desk does by itself: answers outside hours, ends of silent tickets, priorities by words."),
            ("ready",),
        ),
        Known(
            "rules",
            _("Secret of calls"),
            _("Rules can call your own systems; this is how those know that it was you."),
        ),
        Known("reasons", _("Contact reasons"), _("Why customers write; chosen at resolve."), ("name", "parent")),
        Known("reasons", _("Ask for the reason at resolve"), _("Always, if wanted, or never."), ("ask",)),
        Known(
            "reasons",
            _("Reasons outside first contact resolution"),
            _("Those that need several answers by their nature."),
            ("exempt",),
        ),
        Known("reasons", _("Tags"), _("Words that people put on tickets.")),
        Known(
            "fields",
            _("Ticket fields"),
            _("Text, number, date, list or tick: what you want to know of each ticket besides."),
            ("name", "kind", "choices"),
            "new",
        ),
        Known(
            "fields",
            _("Panel of your own system"),
            _("Orders and contracts beside the ticket, asked of your system by a signed request."),
            ("url", "secret", "timeout_s", "cache_min"),
            "outside",
        ),
        Known(
            "surveys",
            _("Surveys"),
            _("What customers are asked after a ticket, on which channels and how soon."),
            ("name", "touchpoint", "asks", "text-", "channels", "delay_h", "on"),
            "new",
        ),
        Known(
            "surveys", _("Days before a customer is asked again"), _("Of every survey together."), ("quiet_d",), "rules"
        ),
        Known("surveys", _("How long customers' words are kept"), _("Figures stay."), ("keep_m",), "rules"),
        Known("surveys", _("Privacy page"), _("Linked under each survey."), ("privacy_url",), "rules"),
        Known(
            "costs",
            _("Hourly rate"),
            _("What an hour of work costs, for everybody or for one person."),
            ("agent", "per_hour", "since"),
        ),
        Known("costs", _("Monthly fee"), _("What a channel or the desk costs each month."), ("channel", "amount")),
        Known(
            "costs",
            _("Exchange rates"),
            _("For prices that providers tell in another currency."),
            ("rate", "day"),
            "exchange",
        ),
        Known(
            "costs",
            _("Exchange rates of the ECB"),
            _("Daily rates out of the bank's file, for the currencies that you name."),
            ("file", "currencies"),
            "exchange",
        ),
        Known(
            "costs",
            _("Contracts and revenue"),
            _("Out of a CSV sheet, for retention and lifetime value."),
            ("file",),
            "worth",
        ),
        Known("costs", _("Currency"), _("What the reports count in."), ("currency",)),
        Known(
            "journal",
            _("Journal"),
            _("What arrived, byte for byte, and what became of it."),
            ("channel", "outcome", "reason", "day"),
        ),
        Known("audit", _("Audit log"), _("Who changed which setting, and when.")),
    )
