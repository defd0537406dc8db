"""What a channel's page says about it, in the reader's language: its health, the live check list, what to paste."""

from __future__ import annotations

from typing import Any, Literal

from flask_babel import gettext as _
from flask_babel import ngettext

from connectors.base import Config, Connector, ConnectorError
from inbox.actions import channels as verbs
from inbox.reading.channels import Facts, Newest, health
from inbox.reading.pages import ChannelRow, Check, Hook
from inbox.settings import Settings
from inbox.web.wording import sentence

__all__ = ["checks", "hooks", "public", "remedy", "row"]


def public(settings: Settings) -> bool:
    """Whether providers can reach this desk."""
    return settings.public_url.startswith("https://")


def row(facts: Facts) -> ChannelRow:
    """The channel in the list and on its own page."""
    channel = facts.channel
    return ChannelRow(
        id=channel.id,
        kind=channel.kind,
        name=channel.title or channel.name,
        address=channel.address,
        connector=facts.title,
        health=health(facts),
        health_text=_health_text(facts),
        today=facts.today,
        last_at=channel.arrived_at,
        quarantined=facts.quarantined,
        looked_at=channel.polled_at if facts.fetches else facts.heard_at,
        queue=facts.queue,
        oldest_unsent=facts.oldest_unsent,
        proof=_proof(facts),
        proved_at=facts.proof.proved_at if facts.proof is not None else None,
        draft=_goes_on(facts),
    )


def _goes_on(facts: Facts) -> str:
    """The step at which a wizard that was not finished goes on."""
    if not facts.channel.draft:
        return ""
    return "connect" if facts.hooked or facts.signs_in or facts.channel.kind == "chat" else "test"


def _proof(facts: Facts) -> Literal["", "waiting", "ok", "late"]:
    proof = facts.proof
    if proof is None:
        return ""
    if proof.late:
        return "late"
    return "ok" if proof.proved_at is not None else "waiting"


def _health_text(facts: Facts) -> str:
    if facts.channel.problem:
        return sentence(facts.channel.problem)
    if facts.refused:
        return _refused(facts)
    if facts.proof is not None and facts.proof.late:
        return sentence(facts.proof.problem) if facts.proof.problem else ""
    if facts.quarantined:
        words = ngettext("%(num)s arrival in quarantine", "%(num)s arrivals in quarantine", facts.quarantined)
        return str(words)
    return ""


def _refused(facts: Facts) -> str:
    refused = facts.channel.refused
    return str(ngettext("%(num)s call with a wrong signature", "%(num)s calls with a wrong signature", refused))


def checks(facts: Facts, settings: Settings, newest: Newest | None = None) -> tuple[Check, ...]:
    """The steps of the connection, in the order in which they come true; ``newest`` is what came in while somebody
    was listening for it."""
    steps = [_account(facts)]
    if facts.signs_in:
        steps.append(_signed_in(facts))
    if facts.hooked:
        steps += [_reachable(settings), _called(facts)]
    elif facts.fetches:
        steps.append(_fetched(facts))
    arrived, sent = facts.channel.arrived_at is not None, facts.channel.sent_at is not None
    ready = all(step.state == "ok" for step in steps)
    if arrived:
        came = (newest.sender, newest.ticket, newest.at) if newest is not None else ("", None, None)
        steps.append(Check("ok", _("A message has come in"), *came))
    elif ready and facts.channel.enabled:
        steps.append(Check("waiting", _("The first message"), _listening(facts)))
    else:
        steps.append(Check("todo", _("The first message"), _("not yet")))
    if facts.recovered:
        late = ngettext(
            "%(num)s message that was missed came in late",
            "%(num)s messages that were missed came in late",
            facts.recovered,
        )
        steps.append(Check("ok", str(late), _("in the last seven days")))
    steps.append(Check("ok", _("An answer has left")) if sent else Check("todo", _("The first answer"), _("not yet")))
    return tuple(steps)


def _listening(facts: Facts) -> str:
    """What to do for the first message to come in."""
    channel = facts.channel
    if channel.kind == "chat":
        return str(_("We are listening: write something in the chat."))
    if not channel.address:
        return str(_("We are listening: write something to this channel."))
    return str(_("We are listening: write “ciao” to %(address)s.", address=channel.address))


def _account(facts: Facts) -> Check:
    code = facts.channel.problem_code
    if code:
        return Check(
            "bad", _("It does not work"), f"{sentence(facts.channel.problem)} {_standing_remedy(code)}".strip()
        )
    if facts.passed:
        return Check("ok", _("%(provider)s answers", provider=facts.title))
    return Check("todo", _("The account is tried"), _("Press “Check now” in the test."))


def _standing_remedy(code: str) -> str:
    words: dict[str, str] = {
        "login": _("Enter the login again under Account."),
        "signin": _("Sign in under Connection; what waits to leave leaves then."),
        "key": _("Put the old SECRET_KEY back, or enter the secrets again under Account."),
        "receive": _("It is tried again by itself; see whether the settings under Account are right."),
    }
    return words.get(code, "")


def _signed_in(facts: Facts) -> Check:
    title = _("Signed in at %(provider)s", provider=facts.signs_in)
    channel = facts.channel
    if channel.device_at is not None:
        return Check("waiting", title, _("waiting for the code to be typed"))
    if channel.signed_in_at is not None and channel.problem_code != "signin":
        return Check("ok", title)
    return Check("todo", title, _("Press the button under Connection."))


def _reachable(settings: Settings) -> Check:
    if public(settings):
        return Check("ok", _("This desk has a public https address"), settings.public_url)
    return Check("bad", _("This desk has no public https address"), _("Set PUBLIC_URL where Sportello is started."))


def _called(facts: Facts) -> Check:
    if facts.refused:
        detail = _("Correct the secret under Account, then read the arrivals in quarantine again.")
        return Check("bad", _refused(facts), detail)
    if facts.called:
        return Check("ok", _("%(provider)s has called this desk", provider=facts.title))
    return Check("waiting", _("%(provider)s calls this desk", provider=facts.title), _("waiting for the first call"))


def _fetched(facts: Facts) -> Check:
    if facts.channel.polled_at is not None:
        return Check("ok", _("Messages are fetched"))
    if facts.channel.enabled and not facts.channel.problem_code:
        return Check("waiting", _("Messages are fetched"), _("waiting for the worker's first look"))
    return Check("todo", _("Messages are fetched"))


def hooks(facts: Facts, connector: Connector[Any], config: Config | None, settings: Settings) -> tuple[Hook, ...]:
    """What an admin pastes at the provider; nothing where this desk goes and fetches, or where the settings cannot be
    read (``config`` None)."""
    if not facts.hooked or config is None:
        return ()
    label, hint = {
        "sms": (
            _("A message comes in"),
            _(
                "Twilio console, Phone Numbers, your number, Messaging: webhook, HTTP POST. Keep the end of the "
                "address: it makes Twilio try again."
            ),
        ),
        "messenger": (
            _("Callback URL"),
            _("Meta for Developers, your app, Webhooks: paste it together with the verify token that you chose here."),
        ),
        "telegram": (_("Webhook"), _("Telegram is told by itself: there is nothing to paste.")),
        "mailgun": (
            _("Forward to"),
            _(
                "Mailgun, Receiving, a route for your address: forward() to this. Keep the end of the address: it "
                "makes Mailgun send the mail as it is. The HTTP webhook signing key belongs under Account."
            ),
        ),
        "sendgrid": (
            _("Destination URL"),
            _(
                "SendGrid, Settings, Inbound Parse, your host: tick “POST the raw, full MIME message”. A security "
                "policy's verification key belongs under Account."
            ),
        ),
        "postmark": (
            _("Inbound webhook"),
            _("Postmark, your server, the inbound stream, Settings: tick “Include raw email content in JSON payload”."),
        ),
    }.get(getattr(config, "inbound", facts.channel.kind), (_("Address that the provider calls"), ""))
    address = connector.hook_url(config, settings.base_url + verbs.hook_path(facts.channel))
    return (Hook(label, address, hint, secret="@" in address),)


def remedy(error: ConnectorError) -> str:
    """What helps against an error of a provider, by its code."""
    words: dict[str, str] = {
        "login": _("Enter the login again."),
        "signin": _("Sign in under Connection."),
        "tls": _("Its certificate is not trusted: correct the host's name, or name a CA file."),
        "connect": _("See whether host and port are right and can be reached from here."),
        "timeout": _("See whether the host can be reached from here, and try again in a minute."),
        "config": _("Correct the settings."),
        "blocked": _("The address is internal: allow it with FETCH_ALLOW if that is right."),
        "": _("Correct the settings.") if error.permanent else _("Try again in a few minutes."),
    }
    if error.code == "signin":
        return words["signin"]
    return words.get("login" if error.reauth else error.code, words[""])
