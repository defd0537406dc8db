"""What is due by itself, closing and new promises, is found by indexes: each look went through every ticket.

Revision ID: 0023
Revises: 0020
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tickets_closing", "tickets", ["status", "imported", "resolved_at"])
    op.create_index("ix_tickets_rules", "tickets", ["status", "due_rules"])


def downgrade() -> None:
    op.drop_index("ix_tickets_rules", "tickets")
    op.drop_index("ix_tickets_closing", "tickets")
