"""Signing in to mailboxes at Google and Microsoft: OAuth 2 with PKCE, or a code on another device, and renewal."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from connectors.base import ConnectorError
from connectors.call import call, refusal
from connectors.email.config import EmailConfig
from connectors.grants import SIGN_IN, Device, Grant
from connectors.untrusted import as_count, as_dict, as_text, load

__all__ = ["MailGrants", "xoauth2"]

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_AGAIN = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_DECLINED = frozenset({"access_denied", "authorization_declined", "expired_token", "bad_verification_code"})
_SECONDS, _SLOWER_S = 3600, 5.0


@dataclass(frozen=True)
class _Provider:
    """Where and what a provider is asked. ``{tenant}`` stands for the directory in Microsoft's paths."""

    name: str
    authorize_base: str
    authorize: str
    token_base: str
    token: str
    device: str
    scope: str
    more: tuple[tuple[str, str], ...] = ()


_MICROSOFT = "https://login.microsoftonline.com"
PROVIDERS = {
    "google": _Provider(
        "Google",
        "https://accounts.google.com",
        "/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com",
        "/token",
        "",
        "https://mail.google.com/",
        (("access_type", "offline"), ("prompt", "consent")),  # else there is no refresh token the second time
    ),
    "microsoft": _Provider(
        "Microsoft",
        _MICROSOFT,
        "/{tenant}/oauth2/v2.0/authorize",
        _MICROSOFT,
        "/{tenant}/oauth2/v2.0/token",
        "/{tenant}/oauth2/v2.0/devicecode",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
        (("prompt", "select_account"),),
    ),
}


class MailGrants:
    """How a mail channel's account is signed in to."""

    def wanted(self, config: EmailConfig) -> str:
        return PROVIDERS[config.sign_in].name if config.sign_in in PROVIDERS else ""

    def by_code(self, config: EmailConfig) -> bool:
        return config.sign_in in PROVIDERS and bool(PROVIDERS[config.sign_in].device)

    def consent(self, config: EmailConfig, back: str, state: str, challenge: str) -> str:
        provider = PROVIDERS[config.sign_in]
        asked = {
            "response_type": "code",
            "client_id": config.client_id,
            "redirect_uri": back,
            "scope": provider.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": config.address,
            **dict(provider.more),
        }
        return f"{_url(config, provider.authorize_base, provider.authorize)}?{urlencode(asked)}"

    def exchange(self, config: EmailConfig, code: str, verifier: str, back: str) -> Grant:
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": back}
        return _granted(config, _token(config, asked))

    def device(self, config: EmailConfig) -> Device:
        provider = PROVIDERS[config.sign_in]
        if not provider.device:
            raise ConnectorError(f"{provider.name} gives no codes for mail", code="config", permanent=True)
        url = _url(config, provider.token_base, provider.device)
        told = _asked(config, url, {"client_id": config.client_id, "scope": provider.scope})
        if error := _error(told):
            raise _refused(config, error)
        uri = as_text(told.get("verification_uri")) or as_text(told.get("verification_url"))
        return Device(
            as_text(told.get("device_code")),
            as_text(told.get("user_code")),
            uri if uri.startswith(("https://", "http://127.0.0.1")) else "",
            float(as_count(told.get("interval")) or 5),
            dt.datetime.now(dt.UTC) + dt.timedelta(seconds=min(as_count(told.get("expires_in")) or 900, 3600)),
        )

    def device_grant(self, config: EmailConfig, device: Device) -> Grant | float:
        told = _token(config, {"grant_type": _DEVICE, "device_code": device.device_code})
        error = _error(told)
        if error == "authorization_pending":
            return device.interval
        if error == "slow_down":
            return device.interval + _SLOWER_S
        return _granted(config, told)

    def renew(self, config: EmailConfig) -> Grant:
        if config.grant is None:
            raise _sign_in(config)
        asked = {"grant_type": "refresh_token", "refresh_token": config.grant.refresh_token.get_secret_value()}
        return _granted(config, _token(config, asked))


def xoauth2(user: str, token: str, mechanism: str) -> str:
    """The first answer of SASL XOAUTH2, or OAUTHBEARER (RFC 7628), before base64."""
    if mechanism == "OAUTHBEARER":
        return f"n,a={user},\x01auth=Bearer {token}\x01\x01"
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _url(config: EmailConfig, base: str, path: str) -> str:
    return (config.api_base or base) + path.format(tenant=quote(config.tenant, safe=""))


def _token(config: EmailConfig, asked: dict[str, str]) -> dict[str, Any]:
    provider = PROVIDERS[config.sign_in]
    secret = config.client_secret.get_secret_value()
    who = {"client_id": config.client_id} | ({"client_secret": secret} if secret else {})
    return _asked(config, _url(config, provider.token_base, provider.token), {**asked, **who})


def _asked(config: EmailConfig, url: str, form: dict[str, str]) -> dict[str, Any]:
    """The provider's JSON, errors of OAuth included. Raises :class:`ConnectorError` where it has none."""
    name = PROVIDERS[config.sign_in].name
    answer = call(
        name,
        url,
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode(form).encode(),
    )
    try:
        told = as_dict(load(answer.body))
    except (ValueError, json.JSONDecodeError):
        told = {}
    if answer.status >= 400 and not (answer.status < 500 and _error(told)):
        raise refusal(name, answer)
    return told


def _error(told: dict[str, Any]) -> str:
    return as_text(told.get("error"))


def _granted(config: EmailConfig, told: dict[str, Any]) -> Grant:
    """The grant in an answer; a provider that gives no new refresh token means the old one."""
    if error := _error(told):
        raise _refused(config, error)
    access, refresh = as_text(told.get("access_token")), as_text(told.get("refresh_token"))
    if not refresh and config.grant is not None:
        refresh = config.grant.refresh_token.get_secret_value()
    if not (access and refresh and access.isascii() and access.isprintable()):
        raise ConnectorError(
            f"{PROVIDERS[config.sign_in].name} gave no token that lasts", code="config", permanent=True
        )
    seconds = as_count(told.get("expires_in"))
    return Grant.of(access, refresh, _SECONDS if seconds is None else seconds, dt.datetime.now(dt.UTC))


def _refused(config: EmailConfig, error: str) -> ConnectorError:
    name = PROVIDERS[config.sign_in].name
    if error in _AGAIN:
        return _sign_in(config)
    if error in _DECLINED:
        return ConnectorError(f"the sign-in at {name} was declined or took too long", code="declined", permanent=True)
    if error in {"invalid_client", "unauthorized_client"}:
        words = f"{name} does not accept the client ID or the client secret"
        return ConnectorError(words, code=SIGN_IN, permanent=True, reauth=True)
    if error in {"temporarily_unavailable", "server_error"}:
        return ConnectorError(f"{name} takes no sign-in now", code="http_503", permanent=False)
    return ConnectorError(f"{name} said no: {error[:80]}", code="config", permanent=True)


def _sign_in(config: EmailConfig) -> ConnectorError:
    name = PROVIDERS[config.sign_in].name
    return ConnectorError(f"{name} wants somebody to sign in again", code=SIGN_IN, permanent=True, reauth=True)
