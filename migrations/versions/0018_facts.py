"""What each fact adds lies in the store by local day, for lists of cases and filters of any kind.

Revision ID: 0018
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "figure_facts",
        sa.Column("generation", WHOLE, autoincrement=False, nullable=False),
        sa.Column("day", WHOLE, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("place", WHOLE, autoincrement=False, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("generation", "day", "owner", "place", name=op.f("pk_figure_facts")),
    )
    op.create_index("ix_figure_facts_owner", "figure_facts", ["generation", "owner"])
    some = sa.text("until > 0")
    op.create_index(
        "ix_figure_facts_until", "figure_facts", ["generation", "until"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    op.drop_table("figure_facts")
