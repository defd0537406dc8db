"""Reasons as a tree; custom fields of tickets; followers; tickets linked by hand; what is known of customers.

Revision ID: 0011
Revises: 0009
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Table → its new columns and what the rows that are there get. They are added and dropped in place (see 0005).
COLUMNS: dict[str, dict[str, tuple[Any, str | None]]] = {
    "reasons": {
        "label": (sa.String(120), ""),
        "parent_id": (WHOLE, None),
        "exempt": (sa.Boolean(), "0"),
    },
    "customers": {
        "company": (sa.String(200), ""),
        "language": (sa.String(8), ""),
        "attributes": (JSON, "{}"),
    },
}
#: New tables, in the order in which they can go.
TABLES = (
    *("customer_merges", "consents", "customer_notes"),
    *("ticket_links", "followers", "field_changes", "field_values", "ticket_fields"),
)


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, (kind, default) in columns.items():
            given = sa.false() if isinstance(kind, sa.Boolean) else default
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=given))
    _fields()
    _relations()
    _customers()


def _fields() -> None:
    op.create_table(
        "ticket_fields",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("choices", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_fields")),
    )
    op.create_table(
        "field_values",
        *_of_ticket("field_values"),
        sa.Column("value", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "field_id", name=op.f("pk_field_values")),
    )
    op.create_index("ix_field_values_value", "field_values", ["field_id", "value"])
    op.create_table(
        "field_changes",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        *_of_ticket("field_changes"),
        sa.Column("was", sa.String(500), nullable=False),
        sa.Column("value", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_changes")),
    )
    op.create_index(op.f("ix_field_changes_ticket_id"), "field_changes", ["ticket_id"])


def _relations() -> None:
    op.create_table(
        "followers",
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _fk("followers", "ticket_id", "tickets"),
        _fk("followers", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("ticket_id", "agent_id", name=op.f("pk_followers")),
    )
    op.create_index("ix_followers_agent", "followers", ["agent_id", "ticket_id"])
    op.create_table(
        "ticket_links",
        sa.Column("ticket_id", WHOLE, nullable=False),
        sa.Column("other_id", WHOLE, nullable=False),
        sa.Column("event", sa.String(80), nullable=False),
        _fk("ticket_links", "ticket_id", "tickets"),
        _fk("ticket_links", "other_id", "tickets"),
        sa.PrimaryKeyConstraint("ticket_id", "other_id", name=op.f("pk_ticket_links")),
    )
    op.create_index(op.f("ix_ticket_links_other_id"), "ticket_links", ["other_id"])
    some = sa.text("linked_to IS NOT NULL")
    op.create_index("ix_tickets_linked", "tickets", ["linked_to"], sqlite_where=some, postgresql_where=some)


def _customers() -> None:
    for table, parts in {
        "customer_notes": [sa.Column("text", sa.Text(), nullable=False)],
        "consents": [
            sa.Column("what", sa.String(200), nullable=False),
            sa.Column("given", sa.Boolean(), nullable=False),
            sa.Column("source", sa.String(200), nullable=False),
        ],
    }.items():
        op.create_table(
            table,
            sa.Column("id", WHOLE, autoincrement=True, nullable=False),
            sa.Column("customer_id", sa.String(32), nullable=False),
            sa.Column("agent_id", sa.String(32), nullable=True),
            *parts,
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            _fk(table, "customer_id", "customers"),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_customer_id"), table, ["customer_id"])
    op.create_table(
        "customer_merges",
        sa.Column("event", sa.String(80), nullable=False),
        sa.Column("customer_id", sa.String(32), nullable=False),
        sa.Column("into_id", sa.String(32), nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=True),
        *(sa.Column(name, JSON, nullable=False) for name in ("facts", "gave", "moved")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _fk("customer_merges", "into_id", "customers"),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_customer_merges")),
    )
    op.create_index(op.f("ix_customer_merges_into_id"), "customer_merges", ["into_id"])


def _fk(table: str, name: str, other: str) -> Any:
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")


def _of_ticket(table: str) -> list[Any]:
    """The columns of what a ticket has in a field."""
    parts: list[Any] = []
    for name, other in (("ticket_id", "tickets"), ("field_id", "ticket_fields")):
        parts.append(sa.Column(name, WHOLE, nullable=False))
        parts.append(_fk(table, name, other))
    return parts


def downgrade() -> None:
    op.drop_index("ix_tickets_linked", "tickets")
    for table in TABLES:
        op.drop_table(table)
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
