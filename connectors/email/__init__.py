"""Mail: fetched by IMAP or handed in by pipe and LMTP, sent by SMTP."""

from __future__ import annotations

from connectors.email.config import EmailConfig
from connectors.email.connector import Email

__all__ = ["Email", "EmailConfig"]
