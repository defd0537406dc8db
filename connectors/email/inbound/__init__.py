"""Mail that a service posts: Mailgun, SendGrid and Postmark, each verified its own way and read as the same mail."""

from __future__ import annotations

import re
from types import ModuleType
from urllib.parse import urlsplit

from connectors.base import Refused, Request
from connectors.email.config import EmailConfig
from connectors.email.inbound import mailgun, postmark, sendgrid

__all__ = ["address", "is_posted", "mail", "nonce", "verify"]

PROVIDERS: dict[str, ModuleType] = {"mailgun": mailgun, "sendgrid": sendgrid, "postmark": postmark}
_PATH = re.compile(r"/hooks/email/[^/]+/(\w+)(?:/\w*)?/?")


def is_posted(request: Request) -> bool:
    """Whether an arrival came over a hook, and not by one of the ways that bring the mail itself."""
    return request.method == "POST"


def verify(config: EmailConfig, request: Request) -> None:
    """Returns if the provider that the address names sent this; raises :class:`Refused` otherwise."""
    try:
        _provider(request).verify(config, request)
    except (LookupError, ValueError) as problem:
        raise Refused(str(problem)) from None


def nonce(config: EmailConfig, request: Request) -> str | None:
    """What a genuine call carries once only, where the provider signs no more than that."""
    del config
    try:
        found: str | None = _provider(request).nonce(request)
    except (LookupError, ValueError):
        return None
    return found


def mail(request: Request) -> Request:
    """The posted mail as the other ways bring one: raw in the body, the envelope in the headers. Raises ``ValueError``
    where the call holds no mail."""
    sender, recipients, raw = _provider(request).mail(request)
    headers = [("X-Envelope-From", sender)] if sender is not None else []
    headers += [("X-Envelope-To", to) for to in recipients]
    return Request(request.method, request.url, headers, raw, request.received_at)


def address(config: EmailConfig, url: str) -> str:
    """What to paste at the provider for a hook at ``url``."""
    if config.inbound == "none":
        return url
    made: str = PROVIDERS[config.inbound].address(config, url)
    return made


def _provider(request: Request) -> ModuleType:
    found = _PATH.search(urlsplit(request.url).path)
    provider = PROVIDERS.get(found[1]) if found else None
    if provider is None:
        raise ValueError(f"the address ends in one of {', '.join(PROVIDERS)}")
    return provider
