"""Canned replies of a team, macros, mentions, and drafts with their files.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("canned_replies") as batch:
        batch.add_column(sa.Column("team_id", sa.String(32), nullable=True))
        batch.create_foreign_key(op.f("fk_canned_replies_team_id"), "teams", ["team_id"], ["id"], ondelete="CASCADE")
    op.create_table(
        "macros",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=True),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
        _to("macros", "agent_id", "agents.id"),
    )
    op.create_index(op.f("ix_macros_agent_id"), "macros", ["agent_id"])
    op.create_table(
        "mentions",
        sa.Column("message_id", WHOLE, nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("team_id", sa.String(32), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("message_id", "agent_id", name=op.f("pk_mentions")),
        _to("mentions", "message_id", "messages.id"),
        _to("mentions", "agent_id", "agents.id"),
        _to("mentions", "team_id", "teams.id"),
    )
    op.create_index("ix_mentions_unread", "mentions", ["agent_id", "read_at", "message_id"])
    op.create_table(
        "drafts",
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "ticket_id", "mode", name=op.f("pk_drafts")),
        _to("drafts", "agent_id", "agents.id"),
        _to("drafts", "ticket_id", "tickets.id"),
    )
    op.create_index(op.f("ix_drafts_ticket_id"), "drafts", ["ticket_id"])
    op.create_table(
        "draft_files",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_files")),
        _to("draft_files", "agent_id", "agents.id"),
        _to("draft_files", "ticket_id", "tickets.id"),
    )
    op.create_index("ix_draft_files_draft", "draft_files", ["agent_id", "ticket_id"])
    op.create_index(op.f("ix_draft_files_ticket_id"), "draft_files", ["ticket_id"])
    op.create_index(op.f("ix_draft_files_at"), "draft_files", ["at"])


def downgrade() -> None:
    for table in ("draft_files", "drafts", "mentions", "macros"):
        op.drop_table(table)
    with op.batch_alter_table("canned_replies") as batch:
        batch.drop_constraint(op.f("fk_canned_replies_team_id"), type_="foreignkey")
        batch.drop_column("team_id")
