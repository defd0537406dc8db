"""Messages say what their customer meant by them, as somebody at the desk said: a thanks, a part of the last matter.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("meant", sa.String(length=8), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "meant")
