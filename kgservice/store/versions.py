"""Versions: what an answer was made from, told at next to no cost before every answer.

`PRAGMA data_version` says in microseconds whether another connection has committed anything. As long as none has, what
was read of a term's version stays right, and is remembered.
"""

import threading
from pathlib import Path
from typing import NamedTuple

from kgservice.store.direct import read_only

REMEMBERED_MAX = 100_000
"""Versions that are remembered at most; they are forgotten together."""


class Version(NamedTuple):
    """Of a term: the last change to it, and the last to anything that is shown with it."""

    revision: int
    touched: int


class Versions:
    """The versions of terms and of the log. Safe to use from several threads; each call is one probe."""

    def __init__(self, path: Path) -> None:
        self._connection = read_only(path)
        self._lock = threading.Lock()
        self._data_version = 0
        self._remembered: dict[str, Version | None] = {}

    def of_term(self, slug: str) -> Version | None:
        """The version of the term with that slug; None if there is none."""
        return self._probe(slug, "SELECT revision, touched FROM term WHERE slug = ?", (slug,))

    def of_log(self) -> Version:
        """The last change of all, for answers that show more than a term and what stands beside it."""
        version = self._probe("", "SELECT max(seq), max(seq) FROM changeset", ())
        return version or Version(0, 0)

    def _probe(self, key: str, query: str, parameters: tuple[str, ...]) -> Version | None:
        with self._lock:
            data_version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if data_version != self._data_version or len(self._remembered) > REMEMBERED_MAX:
                self._remembered.clear()
                self._data_version = data_version
            if key not in self._remembered:
                row = self._connection.execute(query, parameters).fetchone()
                self._remembered[key] = Version(*row) if row else None
            return self._remembered[key]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
