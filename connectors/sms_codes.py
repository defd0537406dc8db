"""What Twilio's words and numbers mean to us: message states, error codes, opt-out keywords."""

from __future__ import annotations

from typing import Literal, NamedTuple

from connectors.base import State

__all__ = ["CODES", "OPT_IN", "OPT_OUT", "STATES", "WAITING", "Code", "code"]

STATES: dict[str, State] = {
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
WAITING = frozenset({"accepted", "scheduled", "queued", "sending"})

# Twilio's default English keywords on long codes; YES counts only where Twilio itself says so (OptOutType).
OPT_OUT = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
OPT_IN = frozenset({"START", "UNSTOP"})


class Code(NamedTuple):
    """``later``: the same message may pass another time; ``admin``: the channel itself has to be put right."""

    means: str
    later: bool = False
    wait_s: float | None = None
    admin: Literal["", "login", "account"] = ""


# Source: twilio.com/docs/api/errors. A code that is not here is permanent.
CODES: dict[str, Code] = {
    "20003": Code("Twilio does not accept the account SID and auth token", admin="login"),
    "20404": Code("Twilio does not know this message"),
    "20429": Code("too many requests at once", later=True),
    "20500": Code("Twilio has an error of its own", later=True),
    "20503": Code("Twilio is not available", later=True),
    "21211": Code("this is no phone number"),
    "21212": Code("the sender is no phone number", admin="account"),
    "21217": Code("this is no phone number"),
    "21408": Code("the account may not send to this country", admin="account"),
    "21606": Code("the sender's number cannot send SMS", admin="account"),
    "21608": Code("a trial account only sends to verified numbers", admin="account"),
    "21610": Code("the recipient has answered STOP"),
    "21611": Code("the sender's queue is full", later=True),
    "21612": Code("there is no route from this sender to this number"),
    "21614": Code("this is no mobile number"),
    "21617": Code("the text is longer than 1,600 characters"),
    "21620": Code("the address of the picture is not valid"),
    "21623": Code("too many pictures"),
    "30001": Code("the queue is full", later=True),
    "30002": Code("the account is suspended", admin="account"),
    "30003": Code("the phone is off or out of reach", later=True, wait_s=14_400),
    "30004": Code("the recipient's carrier blocks the message"),
    "30005": Code("the number does not exist or is switched off"),
    "30006": Code("a landline, or a carrier that cannot be reached"),
    "30007": Code("filtered as spam by the carrier"),
    "30008": Code("not delivered, and the carrier does not say why"),
    "30017": Code("the carrier's network is congested", later=True),
    "30032": Code("the toll-free number is not verified", admin="account"),
    "30034": Code("the number is not registered (A2P 10DLC)", admin="account"),
    "30410": Code("the carrier did not answer in time", later=True),
    "63012": Code("the channel has an error of its own", later=True),
    "63018": Code("the channel's rate limit is reached", later=True),
}


def code(number: str) -> Code:
    """The entry for a code; an unknown one is permanent and means nothing more than its number."""
    return CODES.get(number, Code(f"error {number}" if number else "not delivered"))
