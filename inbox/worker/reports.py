"""Sends the reports by mail that are due, each once to everybody who should have it."""

from __future__ import annotations

import zoneinfo
from urllib.parse import urlencode

from connectors.base import Address, ConnectorError, File, Outgoing
from inbox import logs
from inbox.actions import desk, grants, report_mails, report_sending, report_stops
from inbox.actions.report_readers import Reader
from inbox.actions.report_sending import Due
from inbox.errors import Conflict, Problem
from inbox.reading import figures, sheets
from inbox.rendering import letters, workbooks
from inbox.rendering.letters import Letter
from inbox.store import Store
from inbox.worker.pollers import lease

__all__ = ["Mailer"]

log = logs.get(__name__)


class Mailer:
    """One look after the other; of several workers only one looks."""

    def __init__(self, store: Store, owner: str) -> None:
        self.store = store
        self.owner = owner

    def look(self) -> int:
        """Sends what is due; gives how many mails left."""
        if not self._due() or not lease(self.store, "reports", self.owner):
            return 0
        return sum(self._send(one) for one in self._due())  # another worker may have sent some before this one's turn

    def _due(self) -> list[Due]:
        with self.store.reading() as work:
            return report_sending.due(work)

    def _send(self, one: Due) -> int:
        drawn: dict[str, Letter] = {}
        left, problem = 0, ""
        for to in one.to:
            if not lease(self.store, "reports", self.owner):
                return left
            try:
                letter = drawn.get(to.language) or self._drawn(one, to.language)
            except Problem as wrong:  # a filter that the desk no longer lets through
                log.warning("report not drawn", report=one.id, problem=str(wrong))
                self._failed(one, to, wrong.detail)
                continue
            drawn[to.language] = letter
            problem = self._mail(one, to, letter.stopped_at(report_stops.link(self.store, one.id, to.address))) or ""
            left += not problem
        with self.store.transaction() as work:
            report_sending.settle(work, one, problem)
        return left

    def _drawn(self, one: Due, language: str) -> Letter:
        with figures.looking(self.store) as work:
            row = report_mails.find(work, one.id)
            zone = zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))
            first, end = report_mails.period(row.period, one.at.astimezone(zone).date())
            args = {**row.asked, "from": first.isoformat(), "to": end.isoformat()}
            page = sheets.compiled(work, row.page, args)
            name, called = row.name, str(desk.get(work, "desk.name")) or "Sportello"
        base = self.store.settings.base_url
        path = "/reports" if page.name == "overview" else f"/reports/{page.name}"
        link = f"{base}{path}?{urlencode(page.address())}"
        return letters.report(
            page, name=name, desk=called, link=link, manage=f"{base}/reports/mails", language=language
        )

    def _mail(self, one: Due, to: Reader, letter: Letter) -> str:
        """By the first channel that takes it; gives why it did not leave, "" where it did or may have."""
        problem = ""
        for channel in one.ways:
            try:
                self._out(one, to, letter, channel)
            except Conflict:  # somebody else's turn, or wanted no more
                return ""
            except (ConnectorError, Problem) as error:
                log.warning("report not sent", report=one.id, problem=str(error))
                if isinstance(error, ConnectorError) and error.ambiguous:
                    return ""
                problem = error.message if isinstance(error, ConnectorError) else error.detail
                with self.store.transaction() as work:
                    report_sending.gone(work, one, to.address)
                if isinstance(error, ConnectorError) and error.permanent:
                    self._failed(one, to, problem)
                    return problem
                continue
            return ""
        return problem

    def _out(self, one: Due, to: Reader, letter: Letter, channel: str) -> None:
        """Written down right before the mail leaves: a crash sends nothing twice."""
        files = () if letter.book is None else (File(letter.file, workbooks.TYPE, letter.book),)
        outgoing = Outgoing(
            key=f"report-{one.id}-{one.at:%Y%m%d%H%M%S}-{to.address}",
            to=Address(to.address, to.name),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            files=files,
            auto=True,
            stop_url=report_stops.link(self.store, one.id, to.address),
        )

        def going_out() -> None:
            self.store.write(lambda work: report_sending.leaves(work, one, to.address))

        grants.talk(self.store, channel, lambda mail, config: mail.send(config, outgoing, going_out))

    def _failed(self, one: Due, to: Reader, problem: str) -> None:
        with self.store.transaction() as work:
            report_sending.failed(work, one, to.address, problem)
