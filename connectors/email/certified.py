"""Opens the envelope of Italian certified mail (PEC): the provider's notice around the mail that somebody wrote."""

from __future__ import annotations

import re

from connectors.base import Address
from connectors.email import body, mime
from connectors.email.addresses import addresses, canonical
from connectors.email.headers import Headers

__all__ = ["opened", "text_around", "writer"]

# "errore" is the envelope around ordinary mail that came to a certified mailbox ("ANOMALIA MESSAGGIO").
_TRANSPORT = frozenset({"posta-certificata", "errore"})
_ON_BEHALF = re.compile(r"\s*per conto (?:di)?\s*:?\s*(\S+@\S+)", re.IGNORECASE)


def opened(mail: mime.Mail) -> mime.Mail | None:
    """The mail inside, or None where this is no such envelope."""
    if mail.headers.text("x-trasporto").lower() not in _TRANSPORT:
        return None
    closed = [leaf for leaf in mail.root.leaves() if leaf.kind == "message/rfc822"]
    named = [leaf for leaf in closed if leaf.name.lower() == "postacert.eml"]
    if not named and len(closed) != 1:
        return None
    part = (named or closed)[0]
    encoded = part.headers.plain("content-transfer-encoding").lower().startswith(("base64", "quoted"))
    inner = mime.read(part.data() if encoded else part.body())
    return inner if inner.headers.fields else None


def text_around(outer: mime.Mail, inner: mime.Mail) -> body.Body:
    """What the writer wrote, with the writer's files before the envelope's own: those are the legal proof."""
    envelope, found = body.read(outer), body.read(inner)
    found.files += [*envelope.files]
    found.limits |= envelope.limits
    found.marks = {**envelope.marks, **found.marks}
    return found


def writer(outer: Headers, inner: Headers) -> Address | None:
    """Who wrote: whom the envelope speaks for, by the name that the mail inside gives. The envelope's own sender is
    one mailbox of the provider, the same for all its customers."""
    stated = _ON_BEHALF.match(next((one.name for one in addresses(outer, "from")), ""))
    address = canonical(stated[1]) if stated else ""
    told = next((one for one in addresses(inner, "from") if one.value), None)
    if told is not None and address in {"", told.value}:
        return told
    return Address(address) if address else None
