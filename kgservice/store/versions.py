"""Versions: what an answer was made from, told at next to no cost before every answer.

`PRAGMA data_version` says in microseconds whether another connection has committed anything. As long as none has, what
was read of a term's version and of the glossary stays right, and is remembered.
"""

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from kgservice.model.glossary import Glossary
from kgservice.store import tables
from kgservice.store.direct import Direct
from kgservice.store.graph_reader import read_glossary

REMEMBERED_MAX = 100_000
"""Versions that are remembered at most; they are forgotten together."""


class Version(NamedTuple):
    """Of a term: the last change to it, and the last to anything that is shown with it."""

    revision: int
    touched: int


class Versions:
    """The versions of terms and of the log, and the glossary. Safe to use from several threads.

    Each call is one probe. Where no slug is given, the version is that of the log: the last change of all, for answers
    that show more than a term and what stands beside it. It is None where there is no such term.
    """

    def __init__(self, path: Path) -> None:
        self._direct = Direct(path)
        self._data_version = 0
        self._remembered: dict[str | None, Version | None] = {}
        self._glossary: Glossary | None = None

    def of(self, slug: str | None) -> Version | None:
        """The version of the term with that slug, or of the log."""
        with self._direct.lock:
            self._probe()
            return self._version(slug)

    def of_log(self) -> Version:
        """The version of the log."""
        return self.of(None) or Version(0, 0)

    def of_answer(self, slug: str | None) -> tuple[Version | None, Glossary | None]:
        """The version of the term or of the log, and the glossary: what an answer starts from."""
        with self._direct.lock:
            self._probe()
            return self._version(slug), self._known_glossary()

    def glossary(self) -> Glossary | None:
        """The glossary; None before the first change."""
        with self._direct.lock:
            self._probe()
            return self._known_glossary()

    def _probe(self) -> None:
        """Forget what may not be so any more."""
        data_version = self._direct.data_version()
        if data_version != self._data_version or len(self._remembered) > REMEMBERED_MAX:
            self._remembered.clear()
            self._glossary = None
            self._data_version = data_version

    def _version(self, slug: str | None) -> Version | None:
        if slug not in self._remembered:
            rows = self._direct.execute(_OF_LOG) if slug is None else self._direct.execute(_OF_TERM, {"slugs": [slug]})
            self._remembered[slug] = next((Version(*row) for row in rows), None)
        return self._remembered[slug]

    def _known_glossary(self) -> Glossary | None:
        if self._glossary is None:
            self._glossary = read_glossary(self._direct)
        return self._glossary

    def close(self) -> None:
        """Close the connection."""
        self._direct.close()


_TERM, _LAST = tables.term.c, func.coalesce(func.max(tables.changeset.c.seq), 0)
_OF_TERM = select(_TERM.revision, _TERM.touched).where(_TERM.slug.in_(bindparam("slugs", expanding=True)))
_OF_LOG = select(_LAST, _LAST)
