"""A mailbox's wizard on the page: its steps as the live check list, what went wrong, what to do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _

from inbox.actions import mailboxes
from inbox.actions.mailboxes import Result, Step
from inbox.reading.pages import Check
from inbox.reading.pages.settings import TrialPart
from inbox.store import Channel
from inbox.web.gate import right, store, who
from inbox.web.wording import sentence

__all__ = ["blueprint", "checks", "part"]

blueprint = Blueprint("trials", __name__)
#: What may be left out: it proves what the other steps already show.
OPTIONAL: tuple[Step, ...] = ("probe", "back")


@blueprint.post("/settings/channels/<id>/trial")
@right("settings.change")
def go_on(id: str) -> Any:
    """Takes the wizard's next step."""
    form = request.form
    mailboxes.go_on(store(), who(), id, sure=bool(form.get("sure")), skip=bool(form.get("skip")))
    return redirect(url_for("channels.show", id=id, step="test", wizard=1), 303)


def part(channel: Channel) -> TrialPart | None:
    """The wizard as its page shows it; None for a channel that has none (any more)."""
    if "tests" not in (channel.draft or {}):
        return None
    step = mailboxes.next_step(channel)
    if step is None:
        return TrialPart(done=True, note=_junk(channel))
    ended = mailboxes.result(channel, step)
    bad = ended.state == "bad"
    return TrialPart(
        going=ended.state in {"todo", "waiting"},
        ask=ended.said if ended.state == "ask" else "",
        problem=_problem(ended) if bad else "",
        remedy=_remedy(ended.code) if bad else "",
        note=_note(str(channel.draft.get("need", "")), str(channel.draft.get("provider", ""))) if not bad else "",
        skip=bad and step in OPTIONAL,
    )


def checks(channel: Channel) -> tuple[Check, ...]:
    """The five steps, the next one as what is awaited."""
    step = mailboxes.next_step(channel)
    return tuple(_check(channel, one, current=one == step) for one in mailboxes.STEPS)


def _check(channel: Channel, step: Step, *, current: bool) -> Check:
    ended = mailboxes.result(channel, step)
    title = {
        "find": _("Its servers are found"),
        "imap": _("Mail can be read"),
        "smtp": _("Mail can be sent"),
        "probe": _("A mail to itself has left"),
        "back": _("That mail has come in"),
    }[step]
    if ended.state == "ok":
        return Check("ok", title, _("left out") if ended.code == "skipped" else ended.said if step == "find" else "")
    if ended.state == "bad":
        return Check("bad", title, _problem(ended))
    return Check("waiting" if current and ended.state != "ask" else "todo", title)


def _junk(channel: Channel) -> str:
    ended = mailboxes.result(channel, "back")
    if ended.code != "junk":
        return ""
    words = _(
        "The probe lay in the folder %(folder)s: tell your provider that mail from yourself is no spam.",
        folder=ended.said,
    )
    return str(words)


def _note(need: str, provider: str) -> str:
    """What a known provider asks for, said before it refuses."""
    words: dict[str, str] = {
        "app_password": _(
            "%(provider)s wants an app password here wherever two-step verification is on, not your usual one.",
            provider=provider,
        ),
        "user_id": _(
            "At %(provider)s one signs in with a user ID instead of the address: enter it under Details as IMAP user.",
            provider=provider,
        ),
        "imap_off": _(
            "At %(provider)s IMAP has to be switched on first, in the settings of its web mail.", provider=provider
        ),
    }
    return words.get(need, "")


def _problem(ended: Result) -> str:
    """What went wrong, in one sentence."""
    words: dict[str, str] = {
        "none": _("No mail server was found for this address."),
        "half": _("Only one of the two servers was found: %(servers)s.", servers=ended.said),
        "pop": _(
            "This mailbox can be fetched by POP3 only, which loses what others have fetched; Sportello reads IMAP."
        ),
        "closed": _("%(provider)s lets no other program read its mail.", provider=ended.said),
        "sign_in": _("This provider takes no password from programs any more."),
        "lost": _("The mail to itself has left but did not come in within three minutes."),
    }
    return words.get(ended.code) or str(sentence(ended.said))


def _remedy(code: str) -> str:
    """What to do about it, by the code of a step or of a connector's error."""
    words: dict[str, str] = {
        "none": _("Ask your provider for the names of its IMAP and SMTP servers and write them under Details."),
        "half": _("Write the missing one under Details; your provider's help pages name it."),
        "pop": _("Ask your provider for IMAP, or let it forward this mailbox to one that has it."),
        "closed": _("Let it forward to another mailbox, and connect that one."),
        "sign_in": _("Choose the sign-in at Google or Microsoft under Details."),
        "login": _("Type the password again under Details; see whether the user is right, too."),
        "app_password": _("Make an app password in the account's security settings and type it under Details."),
        "user_id": _("Write the user ID that your provider gave you as IMAP user under Details."),
        "imap_off": _("Switch IMAP on in the settings of your web mail, then try again."),
        "tls": _("The server's certificate does not fit its name: correct the name or the encryption under Details."),
        "connect": _("See whether name and port under Details are right; a firewall may keep this port closed."),
        "timeout": _("See whether name and port under Details are right; a firewall may keep this port closed."),
        "config": _("Correct the settings under Details."),
        "lost": _("Look into the mailbox: if it lies there, a filter moves it; if not, the provider holds it back."),
    }
    return words.get(code) or str(_("Try again in a few minutes; if it stays, look at the settings under Details."))
