"""A report of an earlier instant asks for what was recorded since, the values of customers for each one's revenue.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_events_rec", "events", ["rec", "seq"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    customer = "json_extract(data, '$.customer')" if sqlite else "(data ->> 'customer')"
    op.execute(f"CREATE INDEX ix_events_revenue ON events ({customer}, ts, rec) WHERE kind = 'revenue'")


def downgrade() -> None:
    op.execute("DROP INDEX ix_events_revenue")
    op.drop_index("ix_events_rec", "events")
