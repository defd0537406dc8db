"""Notices of people, the devices that hear them, and what each person chose for themselves.

Revision ID: 0012
Revises: 0009
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

#: New columns of an agent. They are added and dropped in place (see 0005).
AGENT: dict[str, tuple[Any, str | None]] = {
    "notices": (JSON, "{}"),
    "quiet": (JSON, "{}"),
    "digest_m": (WHOLE, "60"),
    "digested_at": (TIME, None),
    "seen_at": (TIME, None),
    "single_keys": (sa.Boolean(), "1"),
    "keys": (JSON, "{}"),
}
NOTICES = {
    "list": ["agent_id", "at"],
    "unread": ["agent_id", "read_at", "ticket_id"],
    "ticket_id": ["ticket_id"],
    "event": ["event"],
    "push_at": ["push_at"],
    "mail_at": ["mail_at"],
    "at": ["at"],
}


def _cascade(table: str, column: str, target: str) -> Any:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    for name, (kind, default) in AGENT.items():
        given = sa.true() if default == "1" else default
        op.add_column("agents", sa.Column(name, kind, nullable=default is None, server_default=given))
    op.create_table(
        "notices",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("event", sa.String(80), nullable=False),
        sa.Column("message_id", WHOLE, nullable=True),
        sa.Column("by", sa.String(32), nullable=True),
        sa.Column("count", WHOLE, nullable=False),
        sa.Column("page", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.Column("push_at", TIME, nullable=True),
        sa.Column("mail_at", TIME, nullable=True),
        _cascade("notices", "agent_id", "agents"),
        _cascade("notices", "ticket_id", "tickets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    for name, columns in NOTICES.items():
        op.create_index(f"ix_notices_{name}", "notices", columns)
    op.create_table(
        "devices",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("secret", sa.String(40), nullable=False),
        sa.Column("browser", sa.String(200), nullable=False),
        sa.Column("sign_in", sa.String(64), nullable=False),
        sa.Column("problem", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        _cascade("devices", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("digest", name=op.f("uq_devices_digest")),
    )
    op.create_index("ix_devices_agent_id", "devices", ["agent_id"])
    op.create_table(
        "posts",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("device_id", WHOLE, nullable=False),
        sa.Column("notice_id", WHOLE, nullable=True),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("at", TIME, nullable=False),
        _cascade("posts", "device_id", "devices"),
        _cascade("posts", "notice_id", "notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index("ix_posts_next_at", "posts", ["next_at"])


def downgrade() -> None:
    op.drop_index("ix_posts_next_at", "posts")
    op.drop_table("posts")
    op.drop_index("ix_devices_agent_id", "devices")
    op.drop_table("devices")
    for name in NOTICES:
        op.drop_index(f"ix_notices_{name}", "notices")
    op.drop_table("notices")
    for name in AGENT:
        op.drop_column("agents", name)
