"""What is written first is kept as a draft as well, with its files, before it has a ticket.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "first_drafts",
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=320), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_first_drafts_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", "about", name=op.f("pk_first_drafts")),
    )
    with op.batch_alter_table("draft_files") as table:
        table.alter_column("ticket_id", existing_type=NUMBER, nullable=True)
        table.add_column(sa.Column("about", sa.String(length=320), nullable=False, server_default=""))


def downgrade() -> None:
    op.execute("DELETE FROM draft_files WHERE ticket_id IS NULL")
    with op.batch_alter_table("draft_files") as table:
        table.drop_column("about")
        table.alter_column("ticket_id", existing_type=NUMBER, nullable=False)
    op.drop_table("first_drafts")
