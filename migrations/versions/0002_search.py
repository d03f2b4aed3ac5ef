"""Search: labels by their keys, texts by their words"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEX = """CREATE VIRTUAL TABLE search_words USING fts5(
    words, content='search_text', content_rowid='id', tokenize="ascii tokenchars '#$+<=>|~'")"""
_ADDED = """CREATE TRIGGER search_text_added AFTER INSERT ON search_text BEGIN
    INSERT INTO search_words(rowid, words) VALUES (new.id, new.words); END"""
_REMOVED = """CREATE TRIGGER search_text_removed AFTER DELETE ON search_text BEGIN
    INSERT INTO search_words(search_words, rowid, words) VALUES ('delete', old.id, old.words); END"""


def upgrade() -> None:
    """Make the tables; they are filled from the log, as `kgservice db upgrade` does at its end."""
    op.create_table(
        "search_term",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_iri"], ["term.iri"], name=op.f("fk_search_term_term_iri_term"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_term")),
        sa.UniqueConstraint("term_iri", name=op.f("uq_search_term_term_iri")),
    )
    op.create_table(
        "search_key",
        sa.Column("depth", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_id"], ["search_term.id"], name=op.f("fk_search_key_term_id_search_term"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("depth", "key", "term_id", "field", "lang", "place", name=op.f("pk_search_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_search_key_term_id"), "search_key", ["term_id"])
    op.create_table(
        "search_text",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_id"], ["search_term.id"], name=op.f("fk_search_text_term_id_search_term"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
    )
    op.create_index(op.f("ix_search_text_term_id"), "search_text", ["term_id"])
    for statement in (_INDEX, _ADDED, _REMOVED):
        op.execute(statement)


def downgrade() -> None:
    for table in ("search_words", "search_text", "search_key", "search_term"):
        op.drop_table(table)
