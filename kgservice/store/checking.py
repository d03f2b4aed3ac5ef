"""The proof that nothing has come apart: the log is whole, and mirror and graph are what it folds to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from kgservice.errors import KgError
from kgservice.rdf.ntriples import line, literal, parse_line, parse_literal
from kgservice.store import log, mirror, tables
from kgservice.store.database import in_memory
from kgservice.store.queries import Queries
from kgservice.store.query_process import digest_lines
from kgservice.store.search_index import index_faults
from kgservice.store.shapes import shape_findings
from kgservice.store.store import Store, replay
from kgservice.store.workers import BUILD_TIMEOUT


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and what it looked at."""

    findings: list[str]
    seq: int
    triples: int
    terms: int


def check(store: Store) -> Checked:
    """Compare log, mirror and graph, and hold the terms against the shapes."""
    with store.read() as connection:
        findings = list(log.faults(connection))
        if not findings:  # a log that is not whole cannot be replayed
            findings = [*_fold_findings(connection), *_mirror_findings(connection)]
        lines = [text for block in mirror.all_lines(connection) for text in block.split("\n") if text]
        terms = connection.execute(select(func.count()).select_from(tables.term)).scalar_one()
        head = log.head(connection)
    if not findings:  # graph and shapes are held against a mirror that is right
        findings = [*_search_findings(store), *_graph_findings(store, set(lines), head.seq), *_shape_findings(lines)]
    return Checked(findings, head.seq, len(lines), terms)


def _shape_findings(lines: list[str]) -> Iterator[str]:
    for node, path, message in shape_findings([parse_line(text) for text in lines]):
        yield f"shapes: {node} {path}: {message}"


def _fold_findings(connection: Connection) -> Iterator[str]:
    """The graph as the log says it, against the triples of the mirror."""
    fold: set[str] = set()
    for row in log.changesets(connection):
        fold.difference_update(row.removed.split("\n"))
        fold.update(row.added.split("\n"))
    fold.discard("")
    held = {text for block in mirror.all_lines(connection) for text in block.split("\n") if text}
    for text in sorted(fold - held)[:10]:
        yield f"mirror: lacks the triple {text}"
    for text in sorted(held - fold)[:10]:
        yield f"mirror: has a triple that the log has not: {text}"


def _mirror_findings(connection: Connection) -> Iterator[str]:
    """The rows of every mirror table, against those that a replay of the log gives."""
    engine = in_memory()
    with engine.begin() as fresh:
        tables.metadata.create_all(fresh)
        replay(connection, fresh)
        for table in tables.MIRROR:
            yield from _row_findings(table, _rows(connection, table), _rows(fresh, table))
    engine.dispose()


def _rows(connection: Connection, table: Table) -> set[Any]:
    """The rows of a table as the database holds them: JSON as its text."""
    return {tuple(row) for row in connection.exec_driver_sql(str(select(table)))}


def _row_findings(table: Table, held: set[Any], expected: set[Any]) -> Iterator[str]:
    for row in sorted(map(repr, expected - held))[:10]:
        yield f"mirror: {table.name} lacks the row {row[:500]}"
    for row in sorted(map(repr, held - expected))[:10]:
        yield f"mirror: {table.name} has a row that the log does not give: {row[:500]}"


def _search_findings(store: Store) -> Iterator[str]:
    """The index of words, against the rows that it is made from. Asking it takes the write lock for a moment."""
    with store.write("check", "", dry_run=True) as change:
        yield from index_faults(change.connection)


def _graph_findings(store: Store, lines: set[str], seq: int) -> Iterator[str]:
    """What a query process holds, against the mirror's lines at a sequence and what was changed since.

    These queries are ours, so no sandbox is asked for.
    """
    queries = Queries(store, trusted=True)
    queries.start()
    try:
        queries.ready(BUILD_TIMEOUT)  # no finding, however slow the machine is
        triples, digest, later = queries.digest()
    except KgError as error:
        yield f"graph: it could not be read: {error}"
        return
    finally:
        queries.close()
    with store.read() as connection:
        for row in log.changesets(connection, seq):
            if row.seq <= later:
                lines -= set(row.removed.split("\n"))
                lines |= set(row.added.split("\n")) - {""}
    expected = digest_lines(map(_as_the_engine_has_it, lines))
    if (triples, digest) != expected:
        yield f"graph: at change {later} it has {triples} triples, not the {expected[0]} of the mirror, or others"


def _as_the_engine_has_it(text: str) -> str:
    """The line with its language tag in lower case."""
    subject, predicate, object_ = parse_line(text)
    parsed = parse_literal(object_)
    if parsed and parsed.lang:
        object_ = literal(parsed.value, parsed.lang.lower())
    return line((subject, predicate, object_))
