"""Customers are looked for by their language.

Revision ID: 0017
Revises: 0014
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customers_language", "customers", ["language"])


def downgrade() -> None:
    op.drop_index("ix_customers_language", table_name="customers")
