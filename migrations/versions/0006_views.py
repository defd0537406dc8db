"""Saved views and how each agent looks at them, things done to many tickets at once, and what lists are walked by.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WORD = sa.String(length=32)

TALLY = ["status", "assignee_id", "team_id", "channel_id", "waiting_since", "merged_into"]
TROUBLED = sa.text("attention <> ''")
PRICED = sa.text("cost_amount IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_tickets_tally", "tickets", TALLY)
    op.create_index("ix_tickets_priority", "tickets", ["status", "priority", "active_at", "id"])
    op.create_index(
        "ix_tickets_trouble", "tickets", ["attention_at", "id"], sqlite_where=TROUBLED, postgresql_where=TROUBLED
    )
    op.create_index("ix_messages_cost", "messages", ["channel_id", "id"], sqlite_where=PRICED, postgresql_where=PRICED)
    op.create_table(
        "views",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner_id", WORD, nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("team_id", WORD, nullable=True),
        sa.Column("filter", JSON, nullable=False),
        sa.Column("sort", sa.String(length=16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_views_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_views_team_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
    )
    op.create_table(
        "view_habits",
        sa.Column("agent_id", WORD, nullable=False),
        sa.Column("view", sa.String(length=48), nullable=False),
        sa.Column("sort", sa.String(length=16), nullable=False),
        sa.Column("place", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_view_habits_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", "view", name=op.f("pk_view_habits")),
    )
    op.create_table(
        "bulk_runs",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("agent_id", WORD, nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", WHOLE, nullable=False),
        sa.Column("done", WHOLE, nullable=False),
        sa.Column("failed", WHOLE, nullable=False),
        sa.Column("back", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_bulk_runs_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )
    op.create_index("ix_bulk_runs_state", "bulk_runs", ["state"])
    op.create_index("ix_bulk_runs_agent", "bulk_runs", ["agent_id", "id"])
    op.create_table(
        "bulk_items",
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("was", JSON, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_items_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_bulk_items_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "ticket_id", name=op.f("pk_bulk_items")),
    )
    op.create_index("ix_bulk_items_ticket", "bulk_items", ["ticket_id"])


def downgrade() -> None:
    for table in ("bulk_items", "bulk_runs", "view_habits", "views"):
        op.drop_table(table)
    op.drop_index("ix_messages_cost", "messages")
    for name in ("ix_tickets_trouble", "ix_tickets_priority", "ix_tickets_tally"):
        op.drop_index(name, "tickets")
