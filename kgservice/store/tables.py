"""The SQL tables. `changeset` is the record; `MIRROR` lists the tables that mirror it and can be made anew from it.

`token` alone is neither: who may write is no part of the glossary.

Rows are keyed by IRI, so that a mirror made anew is equal row by row. Edges keep their target's IRI: a term's rows
depend on nothing but the triples of its own subjects.
"""

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy import text as sql

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BINARY_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points, so that a prefix is a range of the index."""

DIGEST = BigInteger().with_variant(Integer, "sqlite")
"""A number of 63 bits; in SQLite every integer has them, and one called so is the key of its table itself."""

changeset = Table(
    "changeset",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", String(32), nullable=False),  # UTC, ISO 8601 to the microsecond
    Column("editor", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("removed", Text, nullable=False),  # canonical N-Triples lines, sorted
    Column("added", Text, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 over the digest before it and all of this row
    CheckConstraint("seq > 0", name="positive"),
)

resource = Table(
    "resource",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("term_iri", Text, index=True),  # the term of which this is the subject or an own resource
    Column("triples", Text, nullable=False),  # canonical N-Triples lines, sorted
)

glossary = Table(
    "glossary",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("languages", Text, nullable=False),  # tags in order, separated by spaces
    Column("title", JSON, nullable=False),
    Column("licence", Text),
)

term = Table(
    "term",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column(
        "label", JSON, nullable=False
    ),  # by language; it stands before what is long, since neighbours are named by it
    Column("home", Text, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),  # the last change to its own triples
    Column("touched", Integer, nullable=False),  # the last change to anything that is shown with it
    Column("created", String(40), nullable=False),  # as the graph says, else the time of its first change
    Column("modified", String(40), nullable=False),  # as the graph says, else the time of its last change
    Column("deprecated", Boolean, nullable=False),
    Column("replaced_by", Text),
    Column("exact_match", JSON, nullable=False),
    Column("close_match", JSON, nullable=False),
    Column("notations", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("quiz", JSON, nullable=False),
    # what answers show of its rows in `text` and `edition`, so that this row is all they read of the term itself
    Column("texts", JSON, nullable=False),  # field, language, list of values
    Column("languages", JSON, nullable=False),  # the state that it is in in each language
)


def _of_term() -> Column[str]:
    return Column("term_iri", Text, ForeignKey(term.c.iri, ondelete="CASCADE"), primary_key=True)


text = Table(
    "text",
    metadata,
    _of_term(),
    Column("field", String(20), primary_key=True),
    Column("lang", String(35), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # among the values of one language, from 0
    Column("value", Text, nullable=False),
)

edge = Table(
    "edge",
    metadata,
    _of_term(),
    Column("kind", String(20), primary_key=True),
    Column("target_iri", Text, primary_key=True, index=True),
    Column("position", Integer),
    Column("reason", JSON, nullable=False),
)

edition = Table(
    "edition",
    metadata,
    _of_term(),
    Column("lang", String(35), primary_key=True),
    Column("status", String(20), nullable=False),
    Column("derived_from", String(35)),
    Column("licence", Text),
    Column("credit", Text),
    Column("digests", JSON, nullable=False),
)

spoken = Table(  # what is said of a term in one of the glossary's languages, as answers have it
    "spoken",
    metadata,
    _of_term(),
    Column("lang", String(35), primary_key=True),
    Column("used", Text, nullable=False),  # the languages of its texts
    Column("whole", Boolean, nullable=False),  # no text is in another language instead
    Column("before", LargeBinary, nullable=False),  # a JSON object of the fields before those of other terms
    Column("after", LargeBinary, nullable=False),  # one of the fields behind them
)

topic = Table(
    "topic",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column("label", JSON, nullable=False),
)

member = Table(
    "member",
    metadata,
    Column("topic_iri", Text, ForeignKey(topic.c.iri, ondelete="CASCADE"), primary_key=True),
    Column("term_iri", Text, primary_key=True, index=True),
)

search_term = Table(
    "search_term",
    metadata,
    Column("id", DIGEST, primary_key=True, autoincrement=False),  # a digest of the IRI: short, and always the same
    Column("term_iri", Text, ForeignKey(term.c.iri, ondelete="CASCADE"), nullable=False, unique=True),
    Column("slug", String(100), nullable=False),  # this and the label as in `term`: what is found is shown from here
    Column("label", JSON, nullable=False),
    Column("weight", Integer, nullable=False),  # how many terms depend on it
)


def _of_search_term(*, primary_key: bool = False) -> Column[int]:
    parent = ForeignKey(search_term.c.id, ondelete="CASCADE")
    return Column("term_id", DIGEST, parent, primary_key=primary_key, autoincrement=False, index=True, nullable=False)


search_key = Table(
    "search_key",
    metadata,
    Column("depth", SmallInteger, primary_key=True, autoincrement=False),  # see model/folding.py
    Column("key", BINARY_TEXT, primary_key=True),
    _of_search_term(primary_key=True),
    Column("field", String(20), primary_key=True),
    Column("lang", String(35), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("rank", DIGEST, nullable=False),  # what of it no query changes: see store/search_index.py
    sqlite_with_rowid=False,
)

SHORT = 3
"""Characters of a key that is short: so many labels start with it that those of a language have an order ready."""

for _size in range(1, SHORT + 1):
    Index(
        f"ix_search_key_start_{_size}",
        sql(f'substr("key", 1, {_size})'),
        search_key.c.lang,
        search_key.c.rank,
        sqlite_where=search_key.c.depth == 0,
        postgresql_where=search_key.c.depth == 0,
    )

search_text = Table(
    "search_text",
    metadata,
    Column("id", DIGEST, primary_key=True, autoincrement=False),  # a digest of what the text is of
    _of_search_term(),
    Column("field", String(20), nullable=False),
    Column("lang", String(35), nullable=False),
    Column("place", Integer, nullable=False),
    Column("words", Text, nullable=False),  # folded, scripts without spaces in bigrams
)

# SQLite's index of those words, which triggers keep; on PostgreSQL it would be a GIN index of the column.
WORD_INDEX = "search_words"
for _statement in (
    f"""CREATE VIRTUAL TABLE {WORD_INDEX} USING fts5(
    words, content='search_text', content_rowid='id', tokenize="ascii tokenchars '#$+<=>|~'")""",
    f"""CREATE TRIGGER search_text_added AFTER INSERT ON search_text BEGIN
    INSERT INTO {WORD_INDEX}(rowid, words) VALUES (new.id, new.words); END""",  # noqa: S608
    f"""CREATE TRIGGER search_text_removed AFTER DELETE ON search_text BEGIN
    INSERT INTO {WORD_INDEX}({WORD_INDEX}, rowid, words) VALUES ('delete', old.id, old.words); END""",  # noqa: S608
):
    event.listen(search_text, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]

history = Table(  # which changes touched which term; a term that is gone has its rows, too
    "history",
    metadata,
    Column("term_iri", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False, index=True),
)

former_slug = Table(  # slugs that no term has any more: they lead to the term that had them, and are never reused
    "former_slug",
    metadata,
    Column("slug", String(100), primary_key=True),
    Column("term_iri", Text, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the secret, which is kept nowhere
    Column("role", String(20), nullable=False),
    Column("created", String(32), nullable=False),  # UTC, ISO 8601, as all times here
    Column("expires", String(32)),
    Column("revoked", String(32)),
)

# The languages of a glossary and how many terms have a label in each are asked on every page.
Index("ix_text_field_lang", text.c.field, text.c.lang)

MIRROR = (
    *(resource, glossary, term, text, edge, edition, spoken, topic, member, history, former_slug),
    *(search_term, search_key, search_text),
)
"""The tables that mirror the log, parents before children."""
