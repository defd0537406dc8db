"""The Graph API's refusals: code, subcode, HTTP status and sentence."""

from __future__ import annotations

from typing import Any

from inbox.sandbox import ids
from inbox.sandbox.faults import Fault

__all__ = ["GraphError", "ordered"]

# code, subcode -> status, type, sentence. The codes are those of channels that run today; see docs/sandbox.md.
_KNOWN: dict[tuple[int, int | None], tuple[int, str, str]] = {
    (190, None): (400, "OAuthException", "Invalid OAuth access token - Cannot parse access token"),
    (10, 2018278): (400, "OAuthException", "(#10) This message is sent outside of allowed window."),
    (100, 2018001): (400, "OAuthException", "(#100) No matching user found"),
    (100, 2018047): (400, "OAuthException", "(#100) Upload attachment failure."),
    (100, None): (400, "OAuthException", "(#100) Invalid parameter"),
    (551, 1545041): (400, "OAuthException", "(#551) This person isn't available right now."),
    (4, None): (400, "OAuthException", "(#4) Application request limit reached"),
    (32, None): (400, "OAuthException", "(#32) Page request limit reached"),
    (613, None): (400, "OAuthException", "(#613) Calls to this api have exceeded the rate limit."),
    (80006, None): (400, "OAuthException", "(#80006) There have been too many calls to this Messenger account."),
    (368, None): (
        400,
        "OAuthException",
        "(#368) The action attempted has been deemed abusive or is otherwise disallowed",
    ),
    (1, None): (500, "OAuthException", "An unknown error has occurred."),
    (2, None): (503, "OAuthException", "Service temporarily unavailable"),
    (1200, None): (500, "OAuthException", "(#1200) Temporary send message failure. Please try again later."),
    (3, None): (400, "OAuthException", "(#3) Application does not have the capability to make this API call."),
}
_BY_STATUS = {400: (100, None), 401: (190, None), 403: (10, None), 429: (613, None), 500: (1, None), 503: (2, None)}


class GraphError(Exception):
    """An error with Meta's code and, mostly, subcode."""

    def __init__(self, code: int, subcode: int | None = None, text: str = "", status: int | None = None) -> None:
        usual = _KNOWN.get((code, subcode)) or _KNOWN.get((code, None)) or (400, "OAuthException", f"(#{code}) Error")
        super().__init__(text or usual[2])
        self.code, self.subcode = code, subcode
        self.status, self.type, self.text = status or usual[0], usual[1], text or usual[2]

    def body(self) -> dict[str, Any]:
        """As the API writes it."""
        error: dict[str, Any] = {"message": self.text, "type": self.type, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        return {"error": error | {"fbtrace_id": "A" + ids.url_token(22)}}


def ordered(fault: Fault) -> GraphError:
    """The error that was ordered: ``code`` is ``"10"`` or ``"10/2018278"``; by the status (503) otherwise."""
    if fault.code:
        code, _, subcode = fault.code.partition("/")
        return GraphError(int(code), int(subcode) if subcode else None, status=fault.status)
    status = fault.status or 503
    code_, subcode_ = _BY_STATUS.get(status, (2, None))
    return GraphError(code_, subcode_, status=status)
