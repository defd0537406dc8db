"""What customers were asked, and what they answered.

Revision ID: 0015
Revises: 0017c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0017c"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INDEXES = ("ticket_id", "due_at", "sent_at", "unhappy_at")


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("touchpoint", sa.String(60), nullable=False),
        sa.Column("asks", JSON, nullable=False),
        sa.Column("mark", sa.String(90), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("message_id", WHOLE, nullable=True),
        sa.Column("withheld", sa.String(200), nullable=False),
        sa.Column("scores", JSON, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("unhappy_at", TIME, nullable=True),
        sa.Column("followed_at", TIME, nullable=True),
        sa.Column("followed_by", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_surveys_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("mark", name=op.f("uq_surveys_mark")),
    )
    for name in INDEXES:
        op.create_index(f"ix_surveys_{name}", "surveys", [name])


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(f"ix_surveys_{name}", "surveys")
    op.drop_table("surveys")
