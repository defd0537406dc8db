"""Sending later, pausing and pacing channels, filing copies, and who has seen to a failure.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

#: Table → its new columns. They are added and dropped in place: SQLite's way of making a table anew would take the
#: rows that hang on it along.
COLUMNS: dict[str, dict[str, tuple[Any, str | None]]] = {
    "agents": {"undo_s": (WHOLE, None)},
    "attachments": {"linked": (sa.Boolean(), "0")},
    "channels": {"paused_until": (TIME, None), "paused_tries": (WHOLE, "0"), "paced_until": (TIME, None)},
    "messages": {
        "send_at": (TIME, None),
        "tries_from": (TIME, None),
        "dealt_at": (TIME, None),
        "copy_at": (TIME, None),
        "copy_tries": (WHOLE, "0"),
    },
    "tickets": {"attention_at": (TIME, None)},
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, (kind, default) in columns.items():
            standing = sa.false() if isinstance(kind, sa.Boolean) else default
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=standing))
    op.create_index("ix_messages_copied", "messages", ["copy_at"])
    op.execute("UPDATE tickets SET attention_at = updated_at WHERE attention <> ''")


def downgrade() -> None:
    op.drop_index("ix_messages_copied", "messages")
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
