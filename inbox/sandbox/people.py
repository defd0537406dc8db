"""The invented customers of the sandbox: one person may write on every channel."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PEOPLE", "Person", "known_by"]


@dataclass(frozen=True)
class Person:
    """A customer with an address on each channel; numbers and domains are reserved for fiction."""

    name: str
    email: str
    sms: str
    telegram: str
    messenger: str
    language: str

    @property
    def first_name(self) -> str:
        """The given name."""
        return self.name.split()[0]

    @property
    def last_name(self) -> str:
        """The rest of the name."""
        return self.name.partition(" ")[2]

    def address(self, provider: str) -> str:
        """Theirs on that channel."""
        value: str = getattr(self, provider)
        return value


PEOPLE = (
    Person("Chiara Ferrari", "chiara@studioferrari.example", "+447700900142", "7010000142", "9001000000000142", "it"),
    Person("Omar Benetti", "omar.benetti@officina.example", "+447700900217", "7010000217", "9001000000000217", "it"),
    Person("Emma Clarke", "emma@clarkebakes.example", "+447700900331", "7010000331", "9001000000000331", "en"),
    Person("Tommaso Riva", "t.riva@rivanoleggi.example", "+447700900458", "7010000458", "9001000000000458", "it"),
    Person("Nadia Haddad", "nadia@haddadprint.example", "+12025550171", "7010000571", "9001000000000571", "en"),
)


def known_by(provider: str, address: str) -> Person | None:
    """The person with that address, if it is one of ours."""
    return next((person for person in PEOPLE if person.address(provider) == address), None)
