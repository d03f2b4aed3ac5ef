"""The change log: what was removed and added by each change, in a gap-free sequence from 1.

The graph is the fold of the log. Inside SQLite's write lock `head + 1` is the next sequence, so the order of the
sequence is the order of commits. Each row's digest covers all rows before it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from kgservice.rdf.ntriples import Triple, line, parse_line
from kgservice.store.rows import add_rows, fetch
from kgservice.store.tables import changeset


@dataclass(frozen=True, slots=True)
class Changeset:
    """One committed change. `removed` and `added` are canonical N-Triples lines, sorted, each ending in a line feed."""

    seq: int
    time: str
    editor: str
    note: str
    removed: str
    added: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last sequence of a log and its digest; 0 and an empty digest before the first change."""

    seq: int
    digest: str


def to_lines(triples: Iterable[Triple]) -> str:
    """The triples as the log holds them."""
    return "".join(f"{text}\n" for text in sorted(map(line, triples)))


def from_lines(lines: str) -> frozenset[Triple]:
    """The triples that `to_lines` wrote."""
    return frozenset(map(parse_line, filter(None, lines.split("\n"))))


_HEAD = select(changeset.c.seq, changeset.c.digest).order_by(changeset.c.seq.desc()).limit(1)


def head(connection: Connection) -> Head:
    """The end of the log."""
    return next((Head(*row) for row in fetch(connection, _HEAD)), Head(0, ""))


def head_at(connection: Connection, seq: int) -> Head:
    """The head that the log had when its last sequence was `seq`; sequence 0 if it has no such row."""
    digest = connection.execute(select(changeset.c.digest).where(changeset.c.seq == seq)).scalar_one_or_none()
    return Head(0, "") if digest is None else Head(seq, digest)


def size(connection: Connection, after: int) -> int:
    """How many characters of triples the changesets after a sequence have."""
    total = func.sum(func.length(changeset.c.removed) + func.length(changeset.c.added))
    return connection.execute(select(total).where(changeset.c.seq > after)).scalar_one() or 0


def append(connection: Connection, editor: str, note: str, removed: set[Triple], added: set[Triple]) -> Changeset:
    """Write the next changeset. The caller holds the write lock and writes the mirror in the same transaction."""
    last = head(connection)
    time = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    parts = (str(last.seq + 1), time, editor, note, to_lines(removed), to_lines(added))
    row = Changeset(last.seq + 1, *parts[1:], digest=digest_of(last.digest, parts))
    add_rows(connection, changeset, [asdict(row)])
    return row


def digest_of(before: str, parts: Iterable[str]) -> str:
    """The digest of a row: SHA-256 over the digest before it and the row's own values, each with its length."""
    digest = hashlib.sha256(before.encode())
    for part in parts:
        data = part.encode()
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()


def changesets(connection: Connection, after: int = 0) -> Iterator[Changeset]:
    """The changesets after a sequence, in order, read a few at a time."""
    rows = connection.execute(select(changeset).where(changeset.c.seq > after).order_by(changeset.c.seq))
    for row in rows.yield_per(20):
        yield Changeset(*row)


def is_intact(row: Changeset, before: Head) -> bool:
    """Whether a row follows the head before it: the next sequence, and a digest that covers it."""
    parts = (str(row.seq), row.time, row.editor, row.note, row.removed, row.added)
    return row.seq == before.seq + 1 and row.digest == digest_of(before.digest, parts)


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the log itself: a row that does not follow the one before it."""
    before = Head(0, "")
    for row in changesets(connection):
        if not is_intact(row, before):
            yield f"log: change {row.seq} does not follow change {before.seq}, or was altered"
        before = Head(row.seq, row.digest)
