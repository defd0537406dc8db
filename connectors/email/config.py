"""A mail channel's settings, as the form, the command line and a JSON file name them."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import Address, Paced
from connectors.call import api_base
from connectors.email.addresses import canonical
from connectors.grants import Grant

__all__ = ["EmailConfig", "Security", "is_loopback"]

Security = Literal["tls", "starttls", "plain"]
Inbound = Literal["none", "mailgun", "sendgrid", "postmark"]
SignIn = Literal["password", "google", "microsoft"]
Port = Annotated[int, Field(ge=1, le=65535)]


_SERVERS: dict[str, dict[str, tuple[str, int, str]]] = {
    "google": {"imap": ("imap.gmail.com", 993, "tls"), "smtp": ("smtp.gmail.com", 587, "starttls")},
    "microsoft": {
        "imap": ("outlook.office365.com", 993, "tls"),
        "smtp": ("smtp.office365.com", 587, "starttls"),
    },
}


def is_loopback(host: str) -> bool:
    """Whether a host's name or number means this machine and can mean no other."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class EmailConfig(Paced):
    """One mailbox. Without ``imap_host`` mail comes in by pipe or LMTP only; without ``smtp_host`` nothing leaves."""

    address: str = Field(title="Address", description="The address that customers write to.")
    name: str = Field(
        "", title="Name", description="What stands beside the address in your mails, such as the shop's name."
    )
    sign_in: SignIn = Field(
        "password",
        title="Sign-in",
        description="With a password, or at the page of Google or Microsoft.",
    )
    client_id: str = Field(
        "", title="Client ID", description="Of your own app registration at Google or Microsoft; not for a password."
    )
    client_secret: SecretStr = Field(
        SecretStr(""), title="Client secret", description="Of the same registration; Microsoft's public apps have none."
    )
    tenant: str = Field(
        "common",
        pattern=r"^[A-Za-z0-9.-]{1,100}$",
        title="Tenant",
        description="Microsoft's directory: its id or domain, common, organizations or consumers.",
        json_schema_extra={"advanced": True},
    )
    api_base: str = Field(
        "",
        title="Sign-in server",
        description="Where one signs in; empty means the provider's own.",
        json_schema_extra={"advanced": True},
    )
    grant: Grant | None = Field(
        None,
        exclude=True,
        title="Grant",
        description="What the provider gave for the sign-in: kept apart, never entered.",
        json_schema_extra={"hidden": True},
    )
    imap_host: str = Field(
        "", title="IMAP server", description="Where mail is fetched from, such as imap.shop.example."
    )
    imap_port: Port = Field(993, title="IMAP port", description="Usually 993 with TLS, 143 with STARTTLS.")
    imap_security: Security = Field(
        "tls", title="IMAP encryption", description="tls, starttls, or plain on this machine only."
    )
    imap_user: str = Field("", title="IMAP user", description="Usually the address; empty means exactly that.")
    imap_password: SecretStr = Field(
        SecretStr(""), title="IMAP password", description="Some providers want an app password."
    )
    folders: tuple[str, ...] = Field(
        ("INBOX",), title="Folders", description="Which folders are read, the first one live."
    )
    junk: bool = Field(
        False, title="Spam folder", description="Read the server's spam folder, too; what comes from there is marked."
    )
    smtp_host: str = Field(
        "", title="SMTP server", description="Where mail is sent through, such as smtp.shop.example."
    )
    smtp_port: Port = Field(587, title="SMTP port", description="Usually 587 with STARTTLS, 465 with TLS.")
    smtp_security: Security = Field(
        "starttls", title="SMTP encryption", description="tls, starttls, or plain on this machine."
    )
    smtp_user: str = Field("", title="SMTP user", description="Empty means the same as for IMAP.")
    smtp_password: SecretStr = Field(
        SecretStr(""), title="SMTP password", description="Empty means the same as for IMAP."
    )
    inbound: Inbound = Field(
        "none",
        title="Inbound service",
        json_schema_extra={"advanced": True},
        description="Where a service takes your mail and posts it here; none where it is fetched.",
    )
    inbound_key: SecretStr = Field(
        SecretStr(""),
        title="Inbound signing key",
        json_schema_extra={"advanced": True},
        description="Mailgun's HTTP webhook signing key, or SendGrid's verification key.",
    )
    inbound_password: SecretStr = Field(
        SecretStr(""),
        title="Inbound password",
        json_schema_extra={"advanced": True},
        description="A long word of your choice in the address for Postmark, or for SendGrid without a key.",
    )
    sent_copies: Literal["auto", "on", "off"] = Field(
        "auto",
        title="Copies of sent mail",
        json_schema_extra={"advanced": True},
        description="File answers in the mailbox's Sent folder too: auto leaves it to hosts that do it themselves.",
    )
    sent_folder: str = Field(
        "",
        max_length=200,
        title="Sent folder",
        json_schema_extra={"advanced": True},
        description="Only if it is not found by itself, such as INBOX.Sent.",
    )
    ca_file: str = Field(
        "", title="CA file", description="Certificates to trust besides the system's, for a server of your own."
    )
    acknowledge: str = Field(
        "",
        max_length=2000,
        title="Answer at once",
        description="Sent by itself when a ticket begins, once a day to an address. {ticket.number} is its number.",
    )
    since: Literal["now", "days", "everything"] = Field(
        "now", title="Older mail", description="Start now, with the last days, or with everything that is there."
    )
    since_days: int = Field(
        30, ge=1, le=3650, title="Days", description="How many days back, where older mail is wanted."
    )
    size_limit_mb: int = Field(
        50, ge=1, le=200, title="Size limit", description="Of a larger mail only this many MB are fetched."
    )

    canary_minutes: int = Field(
        0,
        ge=0,
        le=1440,
        title="Proof of intake every (minutes)",
        description="The desk writes to itself so often to see that mail comes in, such as 15; 0 means never.",
    )

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        odd = any(character.isspace() or character in '<>,;:"' for character in value)
        value = canonical(value)
        local, _, domain = value.partition("@")
        if odd or not local or "." not in domain:
            raise ValueError("this is no mail address")
        if "+" in local:
            raise ValueError("the address without its plus part, please: plus parts bring the answers home")
        return value

    @field_validator("api_base")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return api_base(value) if value else ""

    @model_validator(mode="before")
    @classmethod
    def _providers_servers(cls, values: Any) -> Any:
        """Whoever signs in at Google or Microsoft need not know their servers."""
        preset = _SERVERS.get(str(values.get("sign_in"))) if isinstance(values, dict) else None
        if preset is None:
            return values
        made = dict(values)
        for way, (host, port, security) in preset.items():
            if not made.get(f"{way}_host"):
                made |= {f"{way}_host": host, f"{way}_port": port, f"{way}_security": security}
        return made

    @field_validator("folders", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        """A form and an environment variable give one line."""
        if isinstance(value, str):
            value = [one.strip() for one in value.split(",")]
        return tuple(one for one in value if one) or ("INBOX",) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _plain_stays_here(self) -> Self:
        for what, host, security in (
            ("IMAP", self.imap_host, self.imap_security),
            ("SMTP", self.smtp_host, self.smtp_security),
        ):
            if host and security == "plain" and not is_loopback(host):
                raise ValueError(f"{what} without encryption is for a server on this machine only")
        if self.sign_in != "password" and not self.client_id:
            raise ValueError("signing in at the provider's page takes a client ID")
        return self

    @property
    def sender(self) -> Address:
        """The address as the one that mails come from."""
        return Address(self.address, self.name)

    @property
    def bearer(self) -> str | None:
        """The token to sign in with, empty where nobody has signed in yet; None where there is a password."""
        if self.sign_in == "password":
            return None
        return self.grant.access_token.get_secret_value() if self.grant is not None else ""

    @property
    def imap_login(self) -> tuple[str, str]:
        """User and password for IMAP."""
        return self.imap_user or self.address, self.imap_password.get_secret_value()

    @property
    def smtp_login(self) -> tuple[str, str]:
        """User and password for SMTP: its own, else those of IMAP. An empty password means no login."""
        password = self.smtp_password.get_secret_value() or self.imap_password.get_secret_value()
        return self.smtp_user or self.imap_user or self.address, password
