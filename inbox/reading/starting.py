"""What the form of a new ticket shows: the channels that can write first, which one fits, and what was begun before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import select

from inbox.actions import drafts, identities, starting
from inbox.actions.who import Who, visible
from inbox.reading import compose
from inbox.reading.pages import Form
from inbox.reading.parts import CannedReply, ChannelChoice, Composer, DraftView, UploadView
from inbox.store import Channel, Customer, FirstDraft, Ticket, Work
from inbox.terms import Status

__all__ = ["NewTicket", "new_ticket"]

MOST = 8
NUMBER = "ticket.number"


@dataclass(frozen=True)
class NewTicket:
    """``form`` has what was typed and what is wrong with it; ``composer`` is that of a thread without its ticket.
    ``about``: to whom it was begun. ``begun``: to whom others were begun, and what those are called."""

    form: Form
    composer: Composer
    about: str = ""
    begun: tuple[tuple[str, str], ...] = ()

    @property
    def ways(self) -> tuple[ChannelChoice, ...]:
        """The channels by which one may write first."""
        return self.composer.choices


def new_ticket(work: Work, who: Who, form: Form, about: str) -> NewTicket:
    """The form as it stands: its own channel, else the first that takes an address like the one that is there."""
    ways = starting.ways(work, who)
    to = form.values.get("to", "")
    kind = starting.kind_of(to) if to else ""
    fits = [one for one in ways if one.id == form.values.get("channel")]
    fits += [one for one in ways if one.kind == kind]
    chosen = fits[0] if fits else None
    composer = Composer(
        ticket=0,
        choices=tuple(compose.way(work, who, one, work.store.connectors[one.kind]) for one in ways),
        chosen=f"{chosen.id}|" if chosen is not None else "",
        client_key=form.values.get("client_key") or uuid.uuid4().hex,
        canned=_canned(work, who, chosen or ways[0], to) if ways else (),
        drafts=_drafts(work, who, about),
        text=form.values.get("text", ""),
        max_bytes=work.store.settings.attachment_limit_mb * 2**20,
    )
    others = select(FirstDraft).where(FirstDraft.agent_id == who.id, FirstDraft.about != about)
    begun = work.scalars(others.order_by(FirstDraft.at.desc()).limit(MOST))
    return NewTicket(form, composer, about, tuple((one.about, one.fields.get("to") or one.about) for one in begun))


def _canned(work: Work, who: Who, channel: Channel, to: str) -> tuple[CannedReply, ...]:
    """Filled with what is known of a ticket that is not there yet; its number stands in it once it is."""
    value = work.store.connectors[channel.kind].normalise(to) if to else ""
    known = identities.find(work, channel.kind, value) if value else None
    ticket = Ticket(subject="", status=Status.NEW, channel_id=channel.id, kind=channel.kind, team_id=channel.team_id)
    seen = select(Ticket.id).where(Ticket.customer_id == known.customer_id, visible(who)) if known is not None else None
    if known is not None and seen is not None and work.scalar(seen.limit(1)) is not None:
        ticket.customer = work.get(Customer, known.customer_id)
    told = compose.canned(work, who, ticket)
    return tuple(replace(one, missing=tuple(name for name in one.missing if name != NUMBER)) for one in told)


def _drafts(work: Work, who: Who, about: str) -> tuple[DraftView, ...]:
    row = work.get(FirstDraft, (who.id, about[: drafts.ADDRESS]))
    fields = {} if row is None else {("reply" if name == "text" else name): text for name, text in row.fields.items()}
    files = tuple(UploadView(one.id, one.name, one.size) for one in drafts.files_at(work, who, about))
    if files:
        fields.setdefault("reply", "")
    at = row.at if row is not None else None
    return tuple(DraftView(name, text, at, files if name == "reply" else ()) for name, text in fields.items())
