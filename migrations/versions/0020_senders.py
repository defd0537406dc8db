"""The newest message of an address is found by an index, however many there are.

Revision ID: 0020
Revises: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_messages_identity", "messages", ["identity_id", "channel_id", "id"])
    op.create_index("ix_messages_sender", "messages", ["channel_id", "from_address", "id"])


def downgrade() -> None:
    op.drop_index("ix_messages_sender", "messages")
    op.drop_index("ix_messages_identity", "messages")
