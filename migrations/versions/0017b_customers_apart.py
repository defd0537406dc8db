"""Of two customers it can be said that they are not one person.

Revision ID: 0017b
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017b"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "customers_apart",
        sa.Column("one_id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("event", sa.String(80), nullable=False),
        sa.Column("agent_id", sa.String(32)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], ["customers.id"], name=op.f(f"fk_customers_apart_{name}_customers"), ondelete="CASCADE"
            )
            for name in ("one_id", "other_id")
        ),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_customers_apart")),
    )
    op.create_index(op.f("ix_customers_apart_other_id"), "customers_apart", ["other_id"])


def downgrade() -> None:
    op.drop_table("customers_apart")
