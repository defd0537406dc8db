"""``/sandbox/…``: how tests and the demo read the judge's list, play customers, order faults and name the desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from inbox.sandbox.acting import Actor
from inbox.sandbox.stage import Stage
from inbox.sandbox.web import Endpoint, fields, json_response, route

__all__ = ["Control"]

_LONGEST_WAIT_S = 120.0


class Control:
    """The endpoints. Errors are ``{"error": sentence}`` with 400 or 404."""

    def __init__(self, stage: Stage, actors: dict[str, Actor], ports: Callable[[], dict[str, Any]]) -> None:
        self._stage = stage
        self._actors = actors
        self._ports = ports
        self._desk_file = stage.state / "desk.json"
        self.desk: dict[str, Any] = {}
        if self._desk_file.exists():
            self.desk = json.loads(self._desk_file.read_text())
            stage.courier.route(self.desk["desk_url"], self.desk["via"])

    def rules(self) -> list[Rule]:
        """Where the sandbox is controlled."""
        return [
            route("/sandbox", _plain(lambda _order: self._ports())),
            route("/sandbox/accounts", _plain(self._accounts)),
            route("/sandbox/accounts", _plain(self._add), "POST"),
            route("/sandbox/desk", _plain(lambda _order: self.desk)),
            route("/sandbox/desk", _plain(self.meet), "POST"),
            route("/sandbox/accepted", _plain(self._accepted)),
            route("/sandbox/received", _plain(self._received)),
            route("/sandbox/hooks", _plain(self._hooks)),
            route("/sandbox/faults", _plain(lambda _order: self._stage.faults.open())),
            route("/sandbox/faults", _plain(lambda order: vars(self._stage.faults.add(order))), "POST"),
            route("/sandbox/faults", _plain(self._clear), "DELETE"),
            route("/sandbox/pace", _plain(self._pace), "GET", "POST"),
            route("/sandbox/files/<blob>", self._file),
            route("/sandbox/mails/<name>", self._mail),
            route("/sandbox/<provider>/<act>", self._act, "POST"),
        ]

    # --- the judge's list -----------------------------------------------------------------------------------------

    def _actor(self, name: Any) -> Actor:
        if name not in self._actors:
            raise ValueError(f"provider must be one of {', '.join(self._actors)}")
        return self._actors[name]

    def _accepted(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """``?provider&after&count&timeout``: waits until there are ``count`` (0) later than line ``after`` (0)."""
        actor = self._actor(order.get("provider"))
        after, count = int(order.get("after", 0)), int(order.get("count", 0))
        timeout = min(float(order.get("timeout", 10)), _LONGEST_WAIT_S)
        if count:
            actor.ledger.wait(lambda entry: entry["what"] == "accepted" and entry["n"] > after, count, timeout)
        return [{"provider": actor.provider} | entry for entry in actor.accepted() if entry["n"] > after]

    def _received(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        return self._actor(order.get("provider")).ledger.entries("received")

    def _hooks(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Every attempt to reach the desk, with what came of it."""
        wanted, after = order.get("provider"), int(order.get("after", 0))
        return [
            entry for entry in self._stage.hooks.entries() if wanted in (None, entry["provider"]) and entry["n"] > after
        ]

    # --- orders ---------------------------------------------------------------------------------------------------

    def _act(self, request: Request, provider: str, act: str) -> Response:
        def run(order: dict[str, Any]) -> dict[str, Any]:
            acts = self._actor(provider).acts()
            if act not in acts:
                raise ValueError(f"{provider} can {', '.join(acts)}")
            return acts[act](order)

        return _plain(run)(request)

    def _clear(self, order: dict[str, Any]) -> dict[str, Any]:
        self._stage.faults.clear(order.get("provider"))
        return {}

    def _pace(self, order: dict[str, Any]) -> dict[str, Any]:
        self._stage.pace.change(order)
        return vars(self._stage.pace)

    def _accounts(self, _order: dict[str, Any]) -> dict[str, Any]:
        return {name: actor.account() for name, actor in self._actors.items()}

    def _add(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{provider, …}``: one more number, bot, page or mailbox."""
        return self._actor(order.get("provider")).add(order)

    def meet(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{desk_url, via?, channels: [{kind, hook_url | hook_path, address?, …}]}``: where the desk is.

        ``desk_url`` is the public address. With ``via`` it is called through that loopback address, as by a proxy.
        """
        self.desk = {"desk_url": str(order["desk_url"]).rstrip("/"), "via": order.get("via", "")}
        self.desk["channels"] = order.get("channels") or []
        self._stage.courier.route(self.desk["desk_url"], self.desk["via"])
        for channel in self.desk["channels"]:
            if "hook_path" in channel and "hook_url" not in channel:
                channel["hook_url"] = self.desk["desk_url"] + channel["hook_path"]
            if channel.get("kind") in self._actors and "hook_url" in channel:
                self._actors[channel["kind"]].point(channel)
        self._desk_file.write_text(json.dumps(self.desk))
        return self.desk

    # --- files ----------------------------------------------------------------------------------------------------

    def _file(self, _request: Request, blob: str) -> Response:
        try:
            found = self._stage.files.get(blob)
            return Response(self._stage.files.data(found), content_type=found.content_type, headers=_INERT)
        except KeyError:
            return json_response({"error": "there is no such file"}, 404)

    def _mail(self, _request: Request, name: str) -> Response:
        path = self._stage.state / "mails" / Path(name).name
        if not path.is_file():
            return json_response({"error": "there is no such mail"}, 404)
        return Response(path.read_bytes(), content_type="application/octet-stream", headers=_INERT)


# What customers and the desk sent is shown by the page, never run by it.
_INERT = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


def _plain(serve: Callable[[dict[str, Any]], Any]) -> Endpoint:
    """An endpoint from a function of JSON to JSON."""

    def endpoint(request: Request) -> Response:
        try:
            return json_response(serve(fields(request)))
        except KeyError as error:
            return json_response({"error": f"{error.args[0]} is missing"}, 400)
        except (TypeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)

    return endpoint
