"""What a call carries once only, and accounts that are signed in to at their provider's page.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ONCE = sa.text("nonce IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("channels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sign_in", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("device_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nonce", sa.String(length=80), nullable=True))
        batch_op.create_index(
            "ix_journal_nonce", ["channel_id", "nonce"], unique=True, sqlite_where=ONCE, postgresql_where=ONCE
        )


def downgrade() -> None:
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_nonce")
        batch_op.drop_column("nonce")
    with op.batch_alter_table("channels", schema=None) as batch_op:
        batch_op.drop_column("device_at")
        batch_op.drop_column("signed_in_at")
        batch_op.drop_column("sign_in")
