"""Facts and roll-ups of the figures are kept in the store, in generations.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

#: table -> (columns of its key after the generation, other columns)
TABLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "figure_cells": (
        {
            "unit": sa.String(16),
            "grain": sa.String(24),
            "moment": WHOLE,
            "value": sa.Text(),
            "channel": sa.Text(),
        },
        {"plain": sa.Text(), "due": sa.Text(), "times": sa.Text()},
    ),
    "figure_lines": ({"name": sa.String(16), "position": WHOLE, "owner": sa.Text()}, {"data": sa.Text()}),
    "figure_families": ({"name": sa.Text()}, {"tickets": JSON, "verdicts": JSON}),
    "figure_tickets": ({"ticket": sa.Text()}, {"family": sa.Text()}),
    "figure_customers": ({"customer": sa.Text(), "family": sa.Text()}, {}),
    "figure_work": (
        {"agent": sa.Text(), "day": WHOLE, "item": sa.Text()},
        {"ticket": sa.Text(), "data": sa.Text()},
    ),
    "figure_days": ({"agent": sa.Text(), "day": WHOLE, "seq": WHOLE}, {}),
    "figure_names": ({"kind": sa.String(16), "name": sa.Text(), "seq": WHOLE}, {"day": WHOLE}),
}
INDEXES = {
    "ix_figure_cells_values": ("figure_cells", ["unit", "grain", "value", "channel"]),
    "ix_figure_lines_owner": ("figure_lines", ["owner"]),
    "ix_figure_customers_family": ("figure_customers", ["family"]),
    "ix_figure_work_ticket": ("figure_work", ["ticket"]),
}


def upgrade() -> None:
    op.create_table(
        "figure_states",
        sa.Column("generation", WHOLE, autoincrement=False, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("seeded", WHOLE, nullable=False),
        sa.Column("last_rec", WHOLE, nullable=False),
        sa.Column("config", sa.String(64), nullable=False),
        sa.Column("definition", WHOLE, nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("moved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("generation", name=op.f("pk_figure_states")),
    )
    for table, (key, others) in TABLES.items():
        columns = {"generation": WHOLE, **key, **others}
        op.create_table(
            table,
            *(sa.Column(name, kind, autoincrement=False, nullable=False) for name, kind in columns.items()),
            sa.PrimaryKeyConstraint("generation", *key, name=op.f(f"pk_{table}")),
        )
    for name, (table, indexed) in INDEXES.items():
        op.create_index(name, table, ["generation", *indexed])


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_table("figure_states")
