"""Search shows a term from its own row, and has what starts with a short key in order

What search reads is emptied: `kgservice db upgrade` makes the mirror anew from the log.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


INDEXES = {size: f"ix_search_key_start_{size}" for size in (1, 2, 3)}


def upgrade() -> None:
    _make_anew(sa.Column("slug", sa.String(length=100), nullable=False), sa.Column("label", sa.JSON(), nullable=False))
    for size, name in INDEXES.items():
        start = sa.text(f'substr("key", 1, {size})')
        op.create_index(name, "search_key", [start, "lang", "rank"], sqlite_where=sa.text("depth = 0"))


def downgrade() -> None:
    for name in INDEXES.values():
        op.drop_index(name, "search_key")
    _make_anew()


def _make_anew(*shown: sa.Column[Any]) -> None:
    for table in ("search_text", "search_key"):  # their rows hang on those of the table that goes
        op.execute(sa.delete(sa.table(table)))
    op.drop_table("search_term")
    op.create_table(
        "search_term",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term_iri", sa.Text(), nullable=False),
        *shown,
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_iri"], ["term.iri"], name=op.f("fk_search_term_term_iri_term"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_term")),
        sa.UniqueConstraint("term_iri", name=op.f("uq_search_term_term_iri")),
    )
