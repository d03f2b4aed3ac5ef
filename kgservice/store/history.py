"""The past, read from the log: which changes touched a term, and what was said of it before them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select

from kgservice.rdf.ntriples import Triple
from kgservice.store import log, tables
from kgservice.store.rows import among, rows_in


@dataclass(frozen=True, slots=True)
class Entry:
    """A change without its triples. `size` counts the characters that these have in the log."""

    seq: int
    time: str
    editor: str
    note: str
    size: int


@dataclass(frozen=True, slots=True)
class Step:
    """What one change did to one term and its own resources."""

    entry: Entry
    removed: set[Triple]
    added: set[Triple]

    def undone(self, triples: set[Triple]) -> set[Triple]:
        """The term's triples before the change, from those after it."""
        return (triples - self.added) | self.removed


def sequence_at(connection: Connection, time: str) -> int:
    """The last change that was made at a time (UTC, as the log writes it) or before; 0 if there is none."""
    seq = tables.changeset.c.seq
    query = select(func.max(seq)).where(tables.changeset.c.time <= time)
    return connection.execute(query).scalar_one() or 0


def steps_back(connection: Connection, term: str, home: str, down_to: int = 0) -> Iterator[Step]:
    """The changes that touched a term, the last first, down to the one after a sequence."""
    changeset, history = tables.changeset, tables.history
    touched = select(history.c.seq).where(history.c.term_iri == term, history.c.seq > down_to)
    for seq in connection.execute(touched.order_by(history.c.seq.desc())).scalars().all():
        row = connection.execute(select(changeset).where(changeset.c.seq == seq)).one()
        yield Step(_entry(row, 0), _own(row.removed, term, home), _own(row.added, term, home))


def _own(lines: str, term: str, home: str) -> set[Triple]:
    """The triples of a changeset whose subject is the term or one of its own resources."""
    starts = (f"<{term}> ", f"<{home}#")
    return set(log.from_lines("\n".join(text for text in lines.split("\n") if text.startswith(starts))))


def last_touch(connection: Connection, term: str, seq: int) -> Entry | None:
    """The last change at or before a sequence that touched a term; None if none had yet."""
    history = tables.history
    query = select(func.max(history.c.seq)).where(history.c.term_iri == term, history.c.seq <= seq)
    found = connection.execute(query).scalar_one()
    return next(iter(entries(connection, found - 1, 1)), None) if found else None


def first_touch(connection: Connection, term: str) -> str:
    """The time of the first change that touched a term."""
    changeset, history = tables.changeset, tables.history
    first = select(func.min(history.c.seq)).where(history.c.term_iri == term).scalar_subquery()
    return str(connection.execute(select(changeset.c.time).where(changeset.c.seq == first)).scalar_one())


def entries(connection: Connection, since: int, limit: int) -> list[Entry]:
    """The changes after a sequence, in order."""
    seq = tables.changeset.c.seq
    return [_entry(row, row.size) for row in connection.execute(_sized().where(seq > since).order_by(seq).limit(limit))]


def entries_before(connection: Connection, before: int, limit: int) -> list[Entry]:
    """The changes before a sequence, the last first."""
    seq = tables.changeset.c.seq
    query = _sized().where(seq < before).order_by(seq.desc()).limit(limit)
    return [_entry(row, row.size) for row in connection.execute(query)]


def _sized() -> Select[Any]:
    changeset = tables.changeset
    size = (func.length(changeset.c.removed) + func.length(changeset.c.added)).label("size")
    return select(changeset.c.seq, changeset.c.time, changeset.c.editor, changeset.c.note, size)


def _entry(row: Row[Any], size: int) -> Entry:
    return Entry(row.seq, row.time, row.editor, row.note, size)


def lines_of(connection: Connection, seq: int) -> tuple[str, str] | None:
    """The lines that a change removed and added; None if there is no such change."""
    changeset = tables.changeset
    query = select(changeset.c.removed, changeset.c.added).where(changeset.c.seq == seq)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.removed, row.added)


def terms_of(connection: Connection, seqs: Iterable[int], limit: int) -> dict[int, list[str]]:
    """The IRIs of the terms that each change touched; at most `limit` and one more of each."""
    history = tables.history
    found: dict[int, list[str]] = {}
    for seq in seqs:
        query = select(history.c.term_iri).where(history.c.seq == seq).order_by(history.c.term_iri).limit(limit + 1)
        found[seq] = list(connection.execute(query).scalars())
    return found


_GONE = select(tables.former_slug).where(among(tables.former_slug.c.term_iri))
_NAMES = select(tables.term.c.iri, tables.term.c.slug).where(among(tables.term.c.iri))


def names(connection: Connection, terms: Iterable[str]) -> dict[str, str]:
    """The slug of each term (by IRI); of one that is gone, the last that it had."""
    iris = set(terms)
    gone = {row.term_iri: row.slug for row in rows_in(connection, _GONE, iris)}
    return gone | {row.iri: row.slug for row in rows_in(connection, _NAMES, iris)}


class Identity(NamedTuple):
    """A term by a slug that it has or had: its IRI, its present slug and home, both None if it is gone."""

    iri: str
    slug: str | None
    home: str | None


def identity(connection: Connection, slug: str) -> Identity | None:
    """The term that has or had a slug; None if none ever had."""
    term, former = tables.term, tables.former_slug
    columns = select(term.c.iri, term.c.slug, term.c.home)
    row = connection.execute(columns.where(term.c.slug == slug)).one_or_none()
    if row is not None:
        return Identity(*row)
    past = connection.execute(select(former.c.term_iri).where(former.c.slug == slug)).scalar_one_or_none()
    row = connection.execute(columns.where(term.c.iri == past)).one_or_none() if past else None
    return Identity(*row) if row else Identity(past, None, None) if past else None
