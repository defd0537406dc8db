"""Rules, the log of what each did, and what they will do unless somebody writes.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("wait", WHOLE, nullable=False),
        sa.Column("conditions", JSON, nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("most", WHOLE, nullable=False),
        sa.Column("place", WHOLE, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("ready", sa.String(24), nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
    )
    op.create_table(
        "rule_runs",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("rule_id", WHOLE, nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("mark", sa.String(40), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("did", JSON, nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("chain", JSON, nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_rule_runs_rule_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_rule_runs_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_runs")),
        sa.UniqueConstraint("rule_id", "ticket_id", "mark", name=op.f("uq_rule_runs_rule_id_ticket_id_mark")),
    )
    op.create_index("ix_rule_runs_rule", "rule_runs", ["rule_id", "at"])
    op.create_index("ix_rule_runs_ticket", "rule_runs", ["ticket_id"])
    op.create_index("ix_rule_runs_at", "rule_runs", ["at"])
    op.create_table(
        "rule_waits",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("rule_id", WHOLE, nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("message_id", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_rule_waits_rule_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_rule_waits_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_waits")),
        sa.UniqueConstraint("rule_id", "ticket_id", name=op.f("uq_rule_waits_rule_id_ticket_id")),
    )
    op.create_index("ix_rule_waits_due", "rule_waits", ["due_at"])
    op.create_index("ix_rule_waits_ticket", "rule_waits", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("rule_waits")
    op.drop_table("rule_runs")
    op.drop_table("rules")
