"""The link under a report by mail by which its reader stops it: signed, without a sign-in, known by one address only.

``/stop/<id><mark>``: the 12 letters of the report and 16 of a signature (80 bits) over its id and that address.
"""

from __future__ import annotations

import datetime as dt
import hmac
from typing import Final

from sqlalchemy import delete, select

from inbox import clock
from inbox.actions import desk
from inbox.actions.who import SYSTEM
from inbox.errors import NotFound
from inbox.store import Agent, ReportMail, ReportSending, Store, Work

__all__ = ["STOPPED", "forget", "link", "opened", "stop", "stops"]

#: What stands in the sendings of a report for an address from that time on.
STOPPED: Final = "its reader wants it no more"
_ID: Final = 12
_MARK: Final = 16


def link(store: Store, id: str, address: str) -> str:
    """Where one reader stops one report."""
    return f"{store.settings.base_url}/stop/{id}{_mark(store, id, address)}"


def _mark(store: Store, id: str, address: str) -> str:
    return store.seal.mark("report", f"{id}:{address.lower()}", _MARK)


def opened(work: Work, token: str, *, to_stop: bool = False) -> tuple[ReportMail, str]:
    """The report and the address behind a link; ``to_stop`` waits for whoever changes the report at this moment.
    Raises :class:`NotFound` for a link that nobody was sent, or whose report goes to nobody of that address by now."""
    whole = len(token) == _ID + _MARK and token.isascii()
    row = work.get(ReportMail, token[:_ID], with_for_update=to_stop or None) if whole else None
    for address in sorted(_addresses(work, row)) if row is not None else ():
        if row is not None and hmac.compare_digest(token[_ID:].encode(), _mark(work.store, row.id, address).encode()):
            return row, address
    msg = "there is no such report by mail"
    raise NotFound(msg)


def _addresses(work: Work, row: ReportMail) -> set[str]:
    people = work.scalars(select(Agent.email).where(Agent.id.in_(row.people)))
    return {one.lower() for one in (*people, *row.addresses)}


def stop(work: Work, token: str) -> None:
    """Sends a report to the reader of a link no more. Raises :class:`NotFound`."""
    row, address = opened(work, token, to_stop=True)
    if address not in stops(work, row):
        work.add(ReportSending(mail_id=row.id, due_at=clock.now(), address=address, problem=STOPPED))
        desk.audit(work, SYSTEM, "report_mail.stopped", name=row.name, address=address)
        work.flush()


def stops(work: Work, row: ReportMail) -> dict[str, dt.datetime]:
    """Who wants a report no more, by address, and since when."""
    mine = select(ReportSending).where(ReportSending.mail_id == row.id, ReportSending.problem == STOPPED)
    return {one.address: one.due_at for one in work.scalars(mine)}


def forget(work: Work, row: ReportMail) -> None:
    """After a report was changed: whoever is taken out of it and chosen again gets it again."""
    gone = set(stops(work, row)) - _addresses(work, row)
    mine = (ReportSending.mail_id == row.id, ReportSending.problem == STOPPED, ReportSending.address.in_(gone))
    work.execute(delete(ReportSending).where(*mine))
