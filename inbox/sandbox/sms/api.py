"""Twilio's REST API of 2010-04-01, as far as a desk needs it, under ``/twilio``."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from inbox.sandbox.faults import Fault
from inbox.sandbox.sms.errors import SmsError
from inbox.sandbox.sms.exchange import Exchange
from inbox.sandbox.sms.messages import Sms
from inbox.sandbox.web import Endpoint, json_response, route

__all__ = ["SmsApi"]

_ACCOUNT = "/twilio/2010-04-01/Accounts/<account>"
_BY_STATUS = {401: 20003, 404: 20404, 429: 20429, 503: 20503}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class SmsApi:
    """The endpoints; each checks the credentials first and then obeys the open faults."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def rules(self) -> list[Rule]:
        """Where the stand-in answers."""
        message = f"{_ACCOUNT}/Messages/<sid>"
        return [
            route(f"{_ACCOUNT}.json", self._guarded("account", self._account)),
            route(f"{_ACCOUNT}/IncomingPhoneNumbers.json", self._guarded("numbers", self._numbers)),
            route(f"{_ACCOUNT}/IncomingPhoneNumbers/<sid>.json", self._guarded("numbers", self._number), "GET", "POST"),
            route(f"{_ACCOUNT}/Messages.json", self._guarded("send", self._send), "POST"),
            route(f"{_ACCOUNT}/Messages.json", self._guarded("list", self._list), "GET"),
            route(f"{message}.json", self._guarded("price", self._message), "GET"),
            route(f"{message}/Media.json", self._guarded("media", self._media_list), "GET"),
            route(f"{message}/Media/<media>", self._guarded("media", self._media), "GET", "DELETE"),
            route(f"{message}/Media/<media>.json", self._guarded("media", self._media), "GET", "DELETE"),
            route("/twilio/cdn/<blob>", self._cdn),
        ]

    def _guarded(self, op: str, serve: Callable[..., Response]) -> Endpoint:
        """An endpoint with Basic authentication, faults and errors in Twilio's shape."""

        def endpoint(request: Request, account: str, **parts: str) -> Response:
            about = " ".join((request.form.get("To", ""), request.form.get("Body", ""), parts.get("sid", "")))
            try:
                self._authenticate(request, account)
                return self._exchange.stage.faults.call("sms", op, about, lambda: serve(request, **parts), _refuse)
            except SmsError as error:
                return json_response(error.body(), error.status)

        return endpoint

    def _authenticate(self, request: Request, account: str) -> None:
        mine = self._exchange.account
        wanted = base64.b64encode(f"{mine.sid}:{mine.auth_token}".encode())
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(given.strip().encode(), wanted):
            raise SmsError(20003)
        if account != mine.sid:
            raise SmsError(20404)

    # --- account and numbers --------------------------------------------------------------------------------------

    def _account(self, _request: Request) -> Response:
        account = self._exchange.account
        uri = f"/2010-04-01/Accounts/{account.sid}.json"
        return json_response(
            {"sid": account.sid, "friendly_name": "Sandbox", "status": "active", "type": "Full", "uri": uri}
        )

    def _numbers(self, request: Request) -> Response:
        wanted = request.args.get("PhoneNumber", "")
        shown = [self._show_number(number) for number in self._exchange.account.numbers if wanted in ("", number)]
        uri = f"/2010-04-01/Accounts/{self._exchange.account.sid}/IncomingPhoneNumbers.json"
        return json_response({"incoming_phone_numbers": shown} | _one_page(uri, len(shown)))

    def _number(self, request: Request, sid: str) -> Response:
        number = next((item for item in self._exchange.account.numbers.values() if item.sid == sid), None)
        if number is None:
            raise SmsError(20404)
        if request.method == "POST" and "SmsUrl" in request.form:
            self._exchange.hook(number.number, request.form["SmsUrl"])
        return json_response(self._show_number(number.number))

    def _show_number(self, number: str) -> dict[str, Any]:
        item, account = self._exchange.account.numbers[number], self._exchange.account.sid
        return {
            "sid": item.sid,
            "account_sid": account,
            "friendly_name": item.number,
            "phone_number": item.number,
            "sms_url": item.sms_url,
            "sms_method": "POST",
            "status_callback": item.status_callback,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "uri": f"/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{item.sid}.json",
        }

    # --- messages -------------------------------------------------------------------------------------------------

    def _send(self, request: Request) -> Response:
        form = {name: request.form.getlist(name) for name in request.form}
        return json_response(self._exchange.accept(form).show(), 201)

    def _message(self, _request: Request, sid: str) -> Response:
        return json_response(self._find(sid).show())

    def _find(self, sid: str) -> Sms:
        message = self._exchange.messages.get(sid)
        if message is None:
            raise SmsError(20404)
        return message

    def _list(self, request: Request) -> Response:
        """Newest first, filtered and paged like ``GET …/Messages.json``."""
        args = request.args
        size = min(max(int(args.get("PageSize", "50")), 1), 1000)
        page = max(int(args.get("Page", "0")), 0)
        found = [item for item in list(self._exchange.messages.values()) if _wanted(item, args.to_dict())]
        found.reverse()  # of the same second too the newest is first
        found.sort(key=lambda item: item.created, reverse=True)
        shown = found[page * size : (page + 1) * size]
        base = f"/2010-04-01/Accounts/{self._exchange.account.sid}/Messages.json"

        def uri(number: int) -> str:
            query = args.to_dict() | {"PageSize": str(size), "Page": str(number)}
            if number and shown:
                query["PageToken"] = f"PA{shown[-1].sid}"
            return f"{base}?{urlencode(query)}"

        more = len(found) > (page + 1) * size
        return json_response(
            {
                "messages": [item.show() for item in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "first_page_uri": uri(0),
                "next_page_uri": uri(page + 1) if more else None,
                "previous_page_uri": uri(page - 1) if page else None,
                "uri": uri(page),
            }
        )

    # --- media ----------------------------------------------------------------------------------------------------

    def _media_list(self, _request: Request, sid: str) -> Response:
        message = self._find(sid)
        base = f"/2010-04-01/Accounts/{message.account}/Messages/{sid}/Media"
        shown = [
            {
                "sid": item.sid,
                "account_sid": message.account,
                "parent_sid": sid,
                "content_type": item.content_type,
                "uri": f"{base}/{item.sid}.json",
            }
            for item in message.media
        ]
        return json_response({"media_list": shown} | _one_page(f"{base}.json", len(shown)))

    def _media(self, request: Request, sid: str, media: str) -> Response:
        """The picture lies elsewhere: a redirect to an address that needs no credentials."""
        files = self._exchange.stage.files
        item = next((item for item in self._find(sid).media if item.sid == media), None)
        try:
            blob = files.get(item.blob if item else "")
        except KeyError:
            raise SmsError(20404) from None
        if request.method == "DELETE":
            files.delete(blob)
            return Response(status=204)
        if request.path.endswith(".json"):
            return json_response({"sid": media, "parent_sid": sid, "content_type": blob.content_type})
        return Response(status=307, headers={"Location": f"{self._exchange.stage.url}/twilio/cdn/{blob.id}"})

    def _cdn(self, _request: Request, blob: str) -> Response:
        try:
            found = self._exchange.stage.files.get(blob)
            data = self._exchange.stage.files.data(found)
        except KeyError:
            return Response("not here any more", 404)
        return Response(data, content_type=found.content_type)


def _wanted(message: Sms, args: dict[str, str]) -> bool:
    """``To``, ``From`` and ``DateSent`` with ``=``, ``<`` and ``>``: a day, or a moment for the latter two."""
    if args.get("To", message.to) != message.to or args.get("From", message.sender) != message.sender:
        return False
    moment = message.sent or message.created
    if "DateSent" in args and moment.date().isoformat() != args["DateSent"][:10]:
        return False
    if "DateSent>" in args and moment < _moment(args["DateSent>"]):
        return False
    return not ("DateSent<" in args and moment > _moment(args["DateSent<"]) + _day_of(args["DateSent<"]))


def _moment(text: str) -> dt.datetime:
    """A date is its midnight in UTC."""
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _day_of(text: str) -> dt.timedelta:
    """A bare date as an upper end means the whole day."""
    return dt.timedelta(days=1) if _DATE.fullmatch(text) else dt.timedelta()


def _one_page(uri: str, count: int) -> dict[str, Any]:
    return {
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(count - 1, 0),
        "first_page_uri": f"{uri}?PageSize=50&Page=0",
        "next_page_uri": None,
        "previous_page_uri": None,
        "uri": f"{uri}?PageSize=50&Page=0",
    }


def _refuse(fault: Fault) -> Response:
    """The error that was ordered, 503 unless something else is said; with ``Retry-After`` if it has ``seconds``."""
    code = int(fault.code) if fault.code else _BY_STATUS.get(fault.status or 503, 20500)
    error = SmsError(code, fault.status)
    headers = {"Retry-After": str(int(fault.seconds))} if fault.seconds is not None else {}
    return json_response(error.body(), error.status, headers)
