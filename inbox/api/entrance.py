"""Who calls: the bearer token's agent, and a limit on those who have none."""

from __future__ import annotations

from flask import Request

from inbox.actions import people
from inbox.actions.who import Who
from inbox.api.problems import Unauthorized
from inbox.store import Store
from inbox.throttle import Throttle, client

__all__ = ["WRONG", "caller"]

#: Refused tokens of one address; whoever has a valid one is never limited.
WRONG = "30/minute"


def caller(store: Store, throttle: Throttle, request: Request) -> Who:
    """The agent behind the request's token. Raises :class:`Unauthorized`, and :class:`Busy` after too many of them."""
    authorization = request.authorization
    token = (authorization.token or "") if authorization is not None and authorization.type == "bearer" else ""
    if token:
        with store.reading() as work:
            who = people.who_of_token(work, token)
        if who is not None:
            return who
    address = client(request.remote_addr, request.headers.get, proxied=bool(store.settings.public_url))
    throttle.hit(WRONG, "api", address)
    raise Unauthorized(
        "this token is not valid; make one with: sportello token add --agent EMAIL"
        if token
        else "send a token in the header Authorization: Bearer TOKEN"
    )
