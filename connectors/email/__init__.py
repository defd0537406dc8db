"""Mail: fetched by IMAP or handed in by pipe and LMTP, sent by SMTP."""

from __future__ import annotations
