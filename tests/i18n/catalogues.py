"""The catalogues as they are committed."""

from __future__ import annotations

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from inbox.rendering import LANGUAGES
from scripts import words

__all__ = ["TRANSLATED", "committed", "pairs"]

#: English is what the code says itself.
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


def committed(language: str, domain: str) -> Catalog:
    """One catalogue; its left sides may be fewer or more than the code's."""
    with (words.CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def pairs(message: Message) -> list[tuple[str, str]]:
    """What is said and what is read for it; one pair for each form of a plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string or ""))]
    one, many = message.id
    forms = [str(each) for each in message.string or ()]
    return [(one, forms[0]), *((many, each) for each in forms[1:])]
