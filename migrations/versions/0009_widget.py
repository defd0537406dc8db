"""The web chat: who a visitor is, what they agreed to and where they are, their files, their way to other channels.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

#: New columns of a visitor. They are added and dropped in place (see 0005).
VISITOR: dict[str, tuple[Any, str | None]] = {
    "user_id": (sa.String(200), ""),
    "language": (sa.String(8), ""),
    "consent": (sa.String(500), ""),
    "consent_at": (TIME, None),
    "page": (JSON, "{}"),
    "page_at": (TIME, None),
}


def upgrade() -> None:
    for name, (kind, default) in VISITOR.items():
        op.add_column("visitors", sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_visitors_user", "visitors", ["channel_id", "user_id"])
    op.create_table(
        "uploads",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(120), nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_visitor", "uploads", ["visitor", "at"])
    op.create_index("ix_uploads_unused", "uploads", ["used", "at"])
    op.create_table(
        "handovers",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_handovers")),
    )


def downgrade() -> None:
    op.drop_table("handovers")
    op.drop_index("ix_uploads_unused", "uploads")
    op.drop_index("ix_uploads_visitor", "uploads")
    op.drop_table("uploads")
    op.drop_index("ix_visitors_user", "visitors")
    for name in VISITOR:
        op.drop_column("visitors", name)
