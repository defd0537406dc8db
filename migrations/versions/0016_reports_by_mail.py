"""Pages of figures that leave by mail on a schedule.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INDEXES = ("next_at", "asked_at")


def upgrade() -> None:
    op.create_table(
        "report_mails",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("page", sa.String(20), nullable=False),
        sa.Column("asked", JSON, nullable=False),
        sa.Column("period", sa.String(12), nullable=False),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("weekday", WHOLE, nullable=False),
        sa.Column("at", sa.String(5), nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("addresses", JSON, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(32), nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("asked_at", TIME, nullable=True),
        sa.Column("retry_at", TIME, nullable=True),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("last_at", TIME, nullable=True),
        sa.Column("last_sent", WHOLE, nullable=False),
        sa.Column("last_failed", WHOLE, nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_mails")),
        sa.UniqueConstraint("name", name=op.f("uq_report_mails_name")),
    )
    for name in INDEXES:
        op.create_index(f"ix_report_mails_{name}", "report_mails", [name])
    op.create_table(
        "report_sendings",
        sa.Column("mail_id", sa.String(12), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["report_mails.id"], name=op.f("fk_report_sendings_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mail_id", "due_at", "address", name=op.f("pk_report_sendings")),
    )


def downgrade() -> None:
    op.drop_table("report_sendings")
    for name in INDEXES:
        op.drop_index(f"ix_report_mails_{name}", "report_mails")
    op.drop_table("report_mails")
