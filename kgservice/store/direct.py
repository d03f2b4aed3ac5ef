"""Statements run by the driver itself: for a few rows found by key, SQLAlchemy's own work costs several times theirs.

The statements are SQLAlchemy's all the same, compiled once for each number of keys; those of search are SQL.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import JSON, CompoundSelect, Connection, Select
from sqlalchemy.dialects import sqlite

from kgservice.store.database import BUSY_TIMEOUT

Statement = Select[Any] | CompoundSelect[Any]

Keys = Mapping[str, Sequence[str]]
"""The values of a statement's expanding parameters, by name."""


class Direct:
    """A connection for reading that several threads share, one at a time."""

    def __init__(self, path: Path) -> None:
        address = f"{path.resolve().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self.lock = threading.Lock()
        """Held by the one thread that uses the connection; `read` takes it."""

    def data_version(self) -> int:
        """Another number than before if another connection has committed anything since."""
        number: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return number

    def rows(self, statement: Statement, keys: Keys) -> list[tuple[Any, ...]]:
        """The rows of one statement by itself."""
        with self.lock:
            return self.execute(statement, keys)

    @contextmanager
    def read(self) -> Iterator["Direct"]:
        """One state of the database throughout."""
        with self.lock:
            self._connection.execute("BEGIN")
            try:
                yield self
            finally:
                self._connection.execute("COMMIT")

    def execute(self, statement: Statement, keys: Keys | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement; inside `read`, all statements see the same state."""
        held = keys or {}
        compiled = _compiled(statement, tuple([(name, len(values)) for name, values in held.items()]))
        parameters = dict(compiled.parameters)
        for name, values in held.items():
            parameters.update([(f"{name}_{place}", value) for place, value in enumerate(values, 1)])
        rows = self.ask(compiled.text, parameters)
        return [_parsed(row, compiled.json) for row in rows] if compiled.json else rows

    def ask(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement that is SQL already, with named parameters; JSON stays text."""
        rows: list[tuple[Any, ...]] = self._connection.execute(text, parameters).fetchall()
        return rows

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            self._connection.close()


class Directs:
    """Connections for reading that takes a while: as many as threads read at once, so that none waits for another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free: list[Direct] = []  # the one given back last is taken first: its pages are at hand

    @contextmanager
    def read(self) -> Iterator[Direct]:
        """One state of the database throughout."""
        try:
            direct = self._free.pop()
        except IndexError:
            direct = Direct(self._path)
        try:
            with direct.read() as reader:
                yield reader
        finally:
            self._free.append(direct)

    def close(self) -> None:
        """Close the connections."""
        while self._free:
            self._free.pop().close()


Reader = Connection | Direct
"""What a reader of one state of the database holds; services hand it on and look no further."""


class _Compiled(NamedTuple):
    text: str
    parameters: dict[str, Any]
    json: list[int]  # the places of columns that hold JSON


@lru_cache(256)
def _compiled(statement: Statement, sizes: tuple[tuple[str, int], ...]) -> _Compiled:
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    expanded = compiled.construct_expanded_state({name: [""] * size for name, size in sizes})
    json = [place for place, column in enumerate(statement.selected_columns) if isinstance(column.type, JSON)]
    return _Compiled(expanded.statement, dict(expanded.parameters), json)


def _parsed(row: tuple[Any, ...], json: list[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in json:
        if values[place] is not None:
            values[place] = orjson.loads(values[place])
    return tuple(values)
