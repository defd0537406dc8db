"""Lines of the log are found by what they name: a message, a call, a survey, a customer.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NAMED = {
    "msg": "'msg.in', 'msg.out'",
    "call": "'call.started'",
    "session": "'handle.start', 'handle.span'",
    "cost": "'cost.provider'",
    "survey": "'survey.sent', 'survey.answered'",
    "customer": "'survey.sent', 'revenue'",
    "contract": "'contract.started'",
}


def upgrade() -> None:
    for name, kinds in NAMED.items():
        some = sa.text(f"(kind || '') IN ({kinds})")
        op.create_index(
            f"ix_events_{name}",
            "events",
            [sa.text(f"(data ->> '{name}')")],
            sqlite_where=some,
            postgresql_where=some,
        )


def downgrade() -> None:
    for name in NAMED:
        op.drop_index(f"ix_events_{name}", "events")
