"""Statements run by the driver itself: for a few rows found by key, SQLAlchemy's own work costs several times theirs.

The statements are SQLAlchemy's all the same, compiled once for each number of keys.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson
from sqlalchemy import JSON, CompoundSelect, Connection, Select
from sqlalchemy.dialects import sqlite

from kgservice.store.database import BUSY_TIMEOUT

T = TypeVar("T")

Statement = Select[Any] | CompoundSelect[Any]

Keys = Mapping[str, Sequence[str]]
"""The values of a statement's expanding parameters, by name."""


class Direct:
    """A connection for reading that several threads share, one at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = read_only(path)
        self._lock = threading.Lock()
        self._data_version = 0
        self._remembered: dict[Callable[[Direct], Any], Any] = {}

    def remembered(self, read: Callable[["Direct"], T]) -> T:
        """What `read` reads here, remembered until another connection has committed something."""
        with self._lock:
            data_version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if data_version != self._data_version:
                self._remembered.clear()
                self._data_version = data_version
            if read not in self._remembered:
                self._remembered[read] = read(self)
            found: T = self._remembered[read]
            return found

    @contextmanager
    def read(self) -> Iterator["Direct"]:
        """One state of the database throughout."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self
            finally:
                self._connection.execute("COMMIT")

    def execute(self, statement: Statement, keys: Keys | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement, inside `read`."""
        held = keys or {}
        compiled = _compiled(statement, tuple([(name, len(values)) for name, values in held.items()]))
        parameters = dict(compiled.parameters)
        for name, values in held.items():
            parameters.update([(f"{name}_{place}", value) for place, value in enumerate(values, 1)])
        rows: list[tuple[Any, ...]] = self._connection.execute(compiled.text, parameters).fetchall()
        return [_parsed(row, compiled.json) for row in rows] if compiled.json else rows

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


Reader = Connection | Direct
"""What a reader of one state of the database holds; services hand it on and look no further."""


def read_only(path: Path) -> sqlite3.Connection:
    """A connection of the driver's own that cannot write, for use from several threads."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)


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
