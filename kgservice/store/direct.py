"""Connections of the driver's own for reading: the few rows of one term or of the glossary, and what search finds."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from kgservice.store import statements
from kgservice.store.database import BUSY_TIMEOUT
from kgservice.store.statements import Keys, Query


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

    def rows(self, statement: Query, keys: Keys) -> list[tuple[Any, ...]]:
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
                if self._connection.in_transaction:  # else SQLite has ended it, and that error is what counts
                    self._connection.execute("COMMIT")

    def execute(self, statement: Query, keys: Keys | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement; inside `read`, all statements see the same state."""
        return statements.execute(self._connection, statement, keys or {})

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
