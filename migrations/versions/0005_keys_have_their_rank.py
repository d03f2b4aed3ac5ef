"""Each key of a label has its rank instead of its term's weight

The table is made anew, without rows: `kgservice db upgrade` makes the mirror anew from the log.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_anew("rank")


def downgrade() -> None:
    _make_anew("weight")


def _make_anew(last: str) -> None:
    op.drop_table("search_key")
    op.create_table(
        "search_key",
        sa.Column("depth", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(last, sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_id"], ["search_term.id"], name=op.f("fk_search_key_term_id_search_term"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("depth", "key", "term_id", "field", "lang", "place", name=op.f("pk_search_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_search_key_term_id"), "search_key", ["term_id"])
