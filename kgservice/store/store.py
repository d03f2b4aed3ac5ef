"""The store: the one way to read and to write a data directory."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, select

from kgservice.errors import Fault, Invalid, Unusable
from kgservice.model.glossary import Glossary
from kgservice.model.terms import Term
from kgservice.rdf.ntriples import Triple, iri_value
from kgservice.store import log, mirror, rules, shapes, tables
from kgservice.store.database import CURRENT, begin_write, connect, database_path, require_current
from kgservice.store.direct import Direct, Directs
from kgservice.store.graph_reader import GraphReader, Resources
from kgservice.store.rows import among, rows_in
from kgservice.store.tokens import Tokens
from kgservice.store.versions import Versions

_IDENTITY = (tables.term.c.iri, tables.term.c.home, tables.term.c.slug, tables.term.c.revision)
_TERM = select(*_IDENTITY).where(among(tables.term.c.slug))
_HOMES = select(tables.term.c.iri, tables.term.c.home).where(among(tables.term.c.iri))
_TOPICS = (
    select(tables.topic.c.slug, tables.topic.c.iri)
    .join(tables.member, tables.member.c.topic_iri == tables.topic.c.iri)
    .where(among(tables.member.c.term_iri))
)


@dataclass(frozen=True, slots=True)
class Held:
    """A term as a change finds it: its identity, its revision, and what the graph says of it."""

    iri: str
    home: str
    slug: str
    revision: int
    triples: frozenset[Triple]


class Change:
    """A change in the making, inside the write transaction. Nothing is kept unless the block around it ends well."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.graph = GraphReader(connection)
        """The graph before this change."""
        self.seq: int | None = None
        """The sequence that the change got; None while it is open, and if it changed nothing."""
        self._removed: set[Triple] = set()
        self._added: set[Triple] = set()
        self._projection: mirror.Projection | None = None
        self._faults: list[Fault] | None = None

    def term(self, slug: str) -> Held | None:
        """The term with that slug as it is before this change; None if there is none."""
        for iri, home, slug_, revision in rows_in(self.connection, _TERM, [slug]):
            return Held(iri, home, slug_, revision, frozenset(self.term_triples([iri])[iri]))
        return None

    def terms(self, iris: Collection[str]) -> dict[str, Term]:
        """The terms (by IRI) that are there before this change."""
        self.graph.of_terms(iris)  # all at once
        read = {iri: self.graph.term(iri, home) for iri, home in self.homes_of(iris).items()}
        return {iri: term for iri, term in read.items() if term}

    def terms_named(self, names: Iterable[str]) -> dict[str, str]:
        """The IRI of each slug (a former one, too) and of each IRI that names a term."""
        return mirror.read_named(self.connection, set(names))

    def homes_of(self, terms: Iterable[str]) -> dict[str, str]:
        """The IRI under which each of these terms has its own resources."""
        return {row.iri: row.home for row in rows_in(self.connection, _HOMES, terms)}

    def topics_of(self, term: str) -> dict[str, str]:
        """The IRI of each topic (by slug) that a term is in."""
        return {row.slug: row.iri for row in rows_in(self.connection, _TOPICS, [term])}

    def topics(self) -> dict[str, str]:
        """The IRI of each topic's slug."""
        topic = tables.topic
        return {row.slug: row.iri for row in self.connection.execute(select(topic.c.slug, topic.c.iri))}

    def homes(self) -> dict[str, str]:
        """The IRI of every term, with the IRI under which its own resources are."""
        return {row.iri: row.home for row in self.connection.execute(select(tables.term.c.iri, tables.term.c.home))}

    def slugs(self) -> dict[str, str]:
        """The IRI of each slug that a term has."""
        return mirror.read_slugs(self.connection)

    def former_slugs(self) -> dict[str, str]:
        """The IRI of the term that had each slug that is in use no more."""
        return mirror.read_former_slugs(self.connection)

    def edges(self, kind: str) -> list[tuple[str, str]]:
        """All edges of a kind, as pairs of IRIs."""
        edge = tables.edge
        rows = self.connection.execute(select(edge.c.term_iri, edge.c.target_iri).where(edge.c.kind == kind))
        return [(row.term_iri, row.target_iri) for row in rows]

    def term_triples(self, terms: Iterable[str]) -> dict[str, set[Triple]]:
        """What the graph says of each term and its own resources."""
        return self.graph.term_triples(terms)

    def triples(self, subjects: Iterable[str]) -> Resources:
        """What the graph says of each subject (by IRI) before this change."""
        return self.graph.resources(subjects)

    def stage(self, removed: set[Triple], added: set[Triple]) -> None:
        """Have these triples removed and added when the block ends. They must be effective, and staged once."""
        self._removed |= removed
        self._added |= added
        self._projection = self._faults = None

    def faults(self) -> list[Fault]:
        """What of the rules between terms the outcome would break."""
        if not self._removed and not self._added:
            return []
        if self._faults is None:
            self._faults = rules.faults(self.connection, self._projected())
        return self._faults

    def shape_faults(self) -> list[Fault]:
        """What of the outcome breaks a SHACL shape and did not before, in the resources that it touches."""
        if not self._removed and not self._added:
            return []
        projection = self._projected()
        after = {subject: triples for subject, (_, triples) in projection.resources.items() if triples}
        found = shapes.faults(self.graph, after)
        if found:  # seldom: what was imported so is told by the import, and no reason to refuse an edit
            before = {s: kept for s, triples in after.items() if (kept := set(triples) - self._added)}
            for triple in self._removed:
                before.setdefault(iri_value(triple[0]), set()).add(triple)
            known = set(shapes.faults(self.graph, before))
            found = [fault for fault in found if fault not in known]
        return found

    def _projected(self) -> mirror.Projection:
        if self._projection is None:
            self._projection = mirror.project(self.graph, self._removed, self._added)
        return self._projection

    def commit(self, editor: str, note: str) -> None:
        """Check the rules, then write the changeset and the mirror rows. Nothing staged, nothing written."""
        if found := self.faults():
            raise Invalid(found)
        if not self._removed and not self._added:
            return
        projection = self._projected()
        row = log.append(self.connection, editor, note, self._removed, self._added)
        mirror.write(self.connection, projection, row.seq, row.time)
        self.seq = row.seq


class Store:
    """A data directory that is open. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, mirrored: bool = True) -> None:
        """Open the directory; `Unusable` if it has no database of the current schema.

        Where the mirror is yet to be made, since an upgrade was broken off, that is so unless `mirrored` is False.
        """
        require_current(data_dir, mirrored=mirrored)
        self.data_dir = data_dir
        self._engine = connect(database_path(data_dir))
        self.versions = Versions(database_path(data_dir))
        """What an answer starts from: the version of what it is about, and the glossary."""
        self.direct = Direct(database_path(data_dir))
        """For the few rows of one term or of the glossary; all else is read by `read`."""
        self.searching = Directs(database_path(data_dir))
        """For search."""
        self.tokens = Tokens(self.direct, self.read, lambda: begin_write(self._engine))
        """Who may write."""

    def close(self) -> None:
        """Close all connections."""
        self.versions.close()
        self.direct.close()
        self.searching.close()
        self._engine.dispose()  # last, since it can write: it empties the write-ahead log into the file

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, editor: str, note: str, *, dry_run: bool = False) -> Iterator[Change]:
        """The one path of every write: the changeset and its mirror rows in one transaction, or nothing.

        `Invalid` if the outcome breaks a rule. With `dry_run` all is done but for the commit.
        """
        with begin_write(self._engine) as connection:
            change = Change(connection)
            yield change
            change.commit(editor, note)
            if dry_run:
                connection.rollback()

    def head(self) -> log.Head:
        """The end of the log."""
        with self.read() as connection:
            return log.head(connection)

    def size(self) -> tuple[int, int]:
        """How many terms there are, and how many triples; reads the whole graph."""
        with self.read() as connection:
            return mirror.size(connection)

    def glossary(self) -> Glossary:
        """The glossary of this directory; `Unusable` if it was never filled."""
        glossary = self.versions.glossary()
        if glossary is None:
            raise Unusable(
                f"{self.data_dir} is empty: its making was broken off; remove it and run kgservice init again"
            )
        return glossary

    def slugs(self) -> dict[str, str]:
        """The IRI of each slug that a term has."""
        with self.read() as connection:
            return mirror.read_slugs(connection)

    def rebuild(self) -> int:
        """Make the mirror anew from the log, in one transaction. Returns the last sequence.

        `Unusable` if the log is not whole: what it folds to would not be what was written.
        """
        with begin_write(self._engine) as connection:
            if found := list(log.faults(connection)):
                raise Unusable("; ".join(found) + "; restore the directory from a copy")
            replay(connection, connection)
            return log.head(connection).seq


def replay(source: Connection, target: Connection) -> None:
    """Fold the log of one database into the emptied mirror of another (or of the same)."""
    for table in reversed(tables.MIRROR):
        target.execute(delete(table))
    for row in log.changesets(source):
        removed, added = log.from_lines(row.removed), log.from_lines(row.added)
        projection = mirror.project(GraphReader(target), removed, added, afresh=True)
        mirror.write(target, projection, row.seq, row.time)
    target.exec_driver_sql(f"PRAGMA user_version = {CURRENT}")
