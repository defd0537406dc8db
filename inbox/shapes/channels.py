"""A configured channel and its health as JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from inbox.reading import channels
from inbox.reading.channels import Facts
from inbox.shapes.base import Shape, Time

__all__ = ["ChannelHealth"]


class Trouble(Shape):
    """What is wrong and what to do."""

    code: str
    detail: str
    do: str
    since: Time | None


class ProofOfIntake(Shape):
    """The mailbox's probes to itself."""

    every_s: int
    sent_at: Time | None
    proved_at: Time | None = Field(description="When the last probe came back: then intake worked.")
    took_ms: int | None
    late: bool
    problem: str | None


class ChannelHealth(Shape):
    """One channel and how it is."""

    id: str
    kind: str
    name: str
    title: str
    address: str
    enabled: bool
    health: Literal["ok", "warn", "bad", "new", "off"]
    problem: Trouble | None
    arrived_at: Time | None = Field(description="The last message.")
    heard_at: Time | None = Field(description="The last genuine arrival of any kind.")
    polled_at: Time | None = Field(description="The last successful poll.")
    sent_at: Time | None
    queue: int = Field(description="Messages that have not left.")
    oldest_unsent_at: Time | None = Field(description="Since when the first of what should have left waits.")
    today: int = Field(description="Messages that came in since local midnight.")
    quarantined: int
    refused: int = Field(description="Calls with a wrong signature, ever.")
    proof: ProofOfIntake | None = Field(description="Null where the channel sends itself no probes.")

    @classmethod
    def of(cls, facts: Facts) -> ChannelHealth:
        """The shape of a channel's facts."""
        row, proof = facts.channel, facts.proof
        trouble = None
        if row.problem_code:
            do = channels.ADVICE.get(row.problem_code, "")
            trouble = Trouble(code=row.problem_code, detail=row.problem, do=do, since=row.problem_at)
        return cls(
            id=row.id,
            kind=row.kind,
            name=row.name,
            title=row.title or row.name,
            address=row.address,
            enabled=row.enabled,
            health=channels.health(facts),
            problem=trouble,
            arrived_at=row.arrived_at,
            heard_at=facts.heard_at,
            polled_at=row.polled_at,
            sent_at=row.sent_at,
            queue=facts.queue,
            oldest_unsent_at=facts.oldest_unsent,
            today=facts.today,
            quarantined=facts.quarantined,
            refused=row.refused,
            proof=None
            if proof is None
            else ProofOfIntake(
                every_s=int(proof.every.total_seconds()),
                sent_at=proof.sent_at,
                proved_at=proof.proved_at,
                took_ms=proof.took_ms,
                late=proof.late,
                problem=proof.problem or None,
            ),
        )
