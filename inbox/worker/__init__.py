"""The worker: reads the journal, sends the outbox, polls, and does what comes due."""

from inbox.worker.role import Worker

__all__ = ["Worker"]
