"""How many things an arrival is about, beside the rows that say how each of them ended.

Revision ID: 0005
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("things", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.execute(
        "UPDATE journal SET things = (SELECT max(n) + 1 FROM journal_items WHERE entry_id = journal.id)"
        " WHERE EXISTS (SELECT 1 FROM journal_items WHERE entry_id = journal.id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_column("things")
