"""Tells people who are not at the desk: on their devices, and by one mail of what they missed."""

from __future__ import annotations

import time

from connectors.base import ConnectorError
from connectors.guard import allowed
from connectors.line import target
from connectors.webpush import authorization, send
from inbox import logs
from inbox.actions import devices, digests, grants, notices
from inbox.actions.surveys import answering
from inbox.errors import Problem
from inbox.store import Store
from inbox.worker.pollers import lease

__all__ = ["Teller"]

log = logs.get(__name__)
TIDY_S = 3600.0
PAUSE_S = 60.0  # after a mail that no channel took


class Teller:
    """One look after the other; of several workers only one looks."""

    def __init__(self, store: Store, owner: str) -> None:
        self.store = store
        self.owner = owner
        self._no_mail_before = 0.0
        self._tidy_at = time.monotonic() + PAUSE_S  # not among what a start has to do

    def look(self) -> int:
        """Sends what is due; gives how many mails and pushes left."""
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_S
            self.store.write(notices.forget_old)
            self.store.write(answering.forget_old)
        rung = self._rings()
        return rung + (self._mails() if time.monotonic() >= self._no_mail_before else 0)

    def _rings(self) -> int:
        with self.store.reading() as work:
            waiting = devices.waiting(work)
        if not waiting or not lease(self.store, "notices", self.owner):
            return 0
        with self.store.transaction() as work:
            devices.plan(work)
            devices.sweep(work)
        with self.store.reading() as work:
            found = devices.due(work)
        keys = devices.keys(self.store) if found else None
        away: set[str] = set()
        left = 0
        for one in found:
            place = target(one.to.endpoint)
            if keys is not None and place.host not in away:
                left += self._ring(one, keys, away)
        return left

    def _ring(self, one: devices.Envelope, keys: devices.Keys, away: set[str]) -> bool:
        """Hands one over; a push service that does not answer is left alone until the next look."""
        settings = self.store.settings
        signed = authorization(one.to.endpoint, keys.private, keys.public, _subject(settings.base_url))
        allow = allowed(settings.fetch_allow)
        try:
            send(one.to, one.payload, signed, ttl=devices.TTL_S, urgency=one.urgency, topic=one.topic, allow=allow)
        except ConnectorError as error:
            place = target(one.to.endpoint).host
            log.warning("push not sent", host=place, code=error.code)
            away |= set() if error.permanent else {place}
            with self.store.transaction() as work:
                after = error.retry_after
                devices.failed(work, one.post, error.code, error.message, permanent=error.permanent, after=after)
            return False
        with self.store.transaction() as work:
            devices.sent(work, [one.post])
        return True

    def _mails(self) -> int:
        if not self._due() or not lease(self.store, "notices", self.owner):
            return 0
        found = self._due()  # another worker may have sent some before this one's turn
        left = 0
        for digest in found:
            if any(self._mail(digest, channel) for channel in digest.ways):
                left += 1
            else:
                self._no_mail_before = time.monotonic() + PAUSE_S
        return left

    def _due(self) -> list[digests.Digest]:
        with self.store.reading() as work:
            return digests.due(work)

    def _mail(self, digest: digests.Digest, channel: str) -> bool:
        """Written down right before the mail leaves: a crash tells nobody twice. True where it may have left."""

        def going_out() -> None:
            with self.store.transaction() as work:
                digests.told(work, digest.agent, digest.notices, left=True)

        try:
            grants.talk(self.store, channel, lambda mail, config: mail.send(config, digest.outgoing, going_out))
        except (ConnectorError, Problem) as error:
            log.warning("digest not sent", agent=digest.agent, problem=str(error))
            if isinstance(error, ConnectorError) and error.ambiguous:
                return True
            with self.store.transaction() as work:
                digests.told(work, digest.agent, digest.notices, left=False, soon=not _lasting(error))
            return False
        return True


def _lasting(error: Exception) -> bool:
    return isinstance(error, ConnectorError) and error.permanent


def _subject(base: str) -> str:
    """Where a push service finds whoever runs the desk."""
    return base if base.startswith("https://") else f"mailto:desk@{target(base).host}"
