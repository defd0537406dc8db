"""What the environment says, read once; every name has its line in ``.env.example``."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings", "home"]


class Settings(BaseSettings):
    """The desk's surroundings. Everything a business changes at run time lives in the store, not here."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=False)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data_dir: Path = Path("data")
    database_url: str = ""
    redis_url: str = ""
    public_url: str = ""
    secret_key: str = ""
    fetch_allow: str = ""
    lmtp_listen: str = ""
    sandbox_url: str = ""
    log_level: str = "INFO"
    web_threads: int = Field(default=200, ge=4)
    attachment_limit_mb: int = Field(default=25, ge=1)

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("lmtp_listen")
    @classmethod
    def _a_place(cls, value: str) -> str:
        if value and _place(value) is None:
            msg = "write it like 127.0.0.1:2424"
            raise ValueError(msg)
        return value

    @property
    def lmtp_place(self) -> tuple[str, int] | None:
        """Where the worker takes mail by LMTP, or None where it does not."""
        return _place(self.lmtp_listen)

    @cached_property
    def url(self) -> str:
        """The database's SQLAlchemy address: PostgreSQL by psycopg, or SQLite under ``DATA_DIR``."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.resolve() / 'sportello.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def base_url(self) -> str:
        """The address under which the world (or this machine) sees the desk, without a slash at its end."""
        return self.public_url or f"http://{self.host if self.host != '0.0.0.0' else '127.0.0.1'}:{self.port}"  # noqa: S104

    @property
    def is_sqlite(self) -> bool:
        """True on the embedded database."""
        return self.url.startswith("sqlite")

    @property
    def files(self) -> Path:
        """Where attachments lie, by content."""
        return self.data_dir / "files"

    @property
    def fetch_exceptions(self) -> tuple[str, ...]:
        """``host`` or ``host:port`` that the guarded fetch may reach although they are internal."""
        return tuple(part.strip() for part in self.fetch_allow.split(",") if part.strip())

    def prepare(self) -> None:
        """Makes ``DATA_DIR`` (0700) and, unless the environment names one, ``secret.key`` (0600)."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir.chmod(0o700)
        self.files.mkdir(exist_ok=True)
        if self.secret_key:
            return
        path = self.data_dir / "secret.key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
        self.secret_key = path.read_text().strip()


def _place(value: str) -> tuple[str, int] | None:
    """``host:port`` apart (an IPv6 host stands in brackets), None for anything else."""
    host, _, port = value.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return (host, int(port)) if host and port.isascii() and port.isdigit() and int(port) < 65536 else None


def home() -> Path:
    """Where ``templates`` and ``migrations`` lie: the checkout's root, or the package itself in a wheel."""
    package = Path(__file__).resolve().parent
    return package if (package / "templates").is_dir() else package.parent
