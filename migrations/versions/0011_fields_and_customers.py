"""Reasons as a tree.

Revision ID: 0011
Revises: 0009
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Table → its new columns and what the rows that are there get. They are added and dropped in place (see 0005).
COLUMNS: dict[str, dict[str, tuple[Any, str | None]]] = {
    "reasons": {
        "label": (sa.String(120), ""),
        "parent_id": (WHOLE, None),
        "exempt": (sa.Boolean(), "0"),
    },
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, (kind, default) in columns.items():
            given = sa.false() if isinstance(kind, sa.Boolean) else default
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=given))


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
