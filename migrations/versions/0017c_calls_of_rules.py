"""Rules call other systems.

Revision ID: 0017c
Revises: 0017b
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017c"
down_revision = "0017b"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rule_calls",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("rule_id", WHOLE, nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("run", sa.String(80), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{one}_id"], [f"{one}s.id"], name=op.f(f"fk_rule_calls_{one}_id_{one}s"), ondelete="CASCADE"
            )
            for one in ("rule", "ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_calls")),
    )
    op.create_index("ix_rule_calls_due", "rule_calls", ["state", "next_at"])
    op.create_index("ix_rule_calls_run", "rule_calls", ["rule_id", "run"])


def downgrade() -> None:
    op.drop_table("rule_calls")
