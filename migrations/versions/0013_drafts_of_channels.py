"""A channel whose wizard was not finished keeps what was tried so far.

Revision ID: 0013
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("channels", sa.Column("draft", JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("channels", "draft")
