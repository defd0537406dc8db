"""Who did something, and their team, may be called by up to 80 characters in histories of other systems.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in _columns():
        op.alter_column("events", column, type_=sa.String(80), existing_nullable=True)


def downgrade() -> None:
    for column in _columns():
        cut = f"left({column}, 32)"
        op.alter_column("events", column, type_=sa.String(32), existing_nullable=True, postgresql_using=cut)


def _columns() -> tuple[str, ...]:
    """SQLite holds a text of any length in any column, and would have to copy the whole log to say another one."""
    return () if op.get_bind().dialect.name == "sqlite" else ("actor_id", "actor_team")
