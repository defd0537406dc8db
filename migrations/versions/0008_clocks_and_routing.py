"""Clocks of tickets, bands of customers, and what routing knows of agents.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)

#: Table → its new columns and what the rows that are there get. They are added and dropped in place: SQLite's way of
#: making a table anew would take the rows that hang on it along. The worker sets the clocks of open tickets by itself.
COLUMNS: dict[str, dict[str, tuple[Any, str | None]]] = {
    "agents": {
        "capacities": (JSON, "{}"),
        "skills": (JSON, "[]"),
        "speaks": (JSON, "[]"),
        "routed_at": (TIME, None),
        "away_until": (TIME, None),
        "deputy_id": (sa.String(32), None),
    },
    "customers": {"band": (sa.String(40), "")},
    "tickets": {
        "due_clock": (sa.String(8), ""),
        "due_from": (TIME, None),
        "due_soon_at": (TIME, None),
        "due_at": (TIME, None),
        "due_told": (sa.String(8), ""),
        "due_rules": (sa.String(16), ""),
    },
}


#: What the figures of the views are counted by; from here on a ticket's due time stands among them.
TALLY = ["status", "assignee_id", "team_id", "channel_id", "waiting_since", "merged_into"]


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, (kind, default) in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_tickets_due", "tickets", ["status", "due_at", "id"])
    op.drop_index("ix_tickets_tally", "tickets")
    op.create_index("ix_tickets_tally", "tickets", [*TALLY[:-1], "due_soon_at", "due_at", TALLY[-1]])


def downgrade() -> None:
    op.drop_index("ix_tickets_tally", "tickets")
    op.create_index("ix_tickets_tally", "tickets", TALLY)
    op.drop_index("ix_tickets_due", "tickets")
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
