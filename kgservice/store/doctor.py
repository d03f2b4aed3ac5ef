"""What the service stands on: libraries with known faults, the disk, the log, the sandbox, the clock."""

import pyexpat
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kgservice.errors import KgError
from kgservice.store import log
from kgservice.store.database import database_path
from kgservice.store.queries import Queries
from kgservice.store.store import Store
from kgservice.store.tokens import moment

SQLITE_SOUND = (3, 51, 3)
"""Before it, two connections that commit and checkpoint at the same moment could damage the file (seen once)."""

EXPAT_SOUND = (2, 6, 0)
"""Before it, small documents could keep the XML parser busy for long; imports of RDF/XML pass through it."""

ROOM_MIN = 1024 * 1024 * 1024
"""Bytes on the disk below which it is time to look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `ok`, `warning` or `error`."""

    severity: str
    about: str
    message: str


def examine(data_dir: Path) -> Iterator[Finding]:
    """Look at everything; an error is told, never raised."""
    yield _version("SQLite", sqlite3.sqlite_version_info, SQLITE_SOUND, "several workers may damage the database")
    expat = tuple(int(part) for part in pyexpat.EXPAT_VERSION.removeprefix("expat_").split("."))
    yield _version("expat", expat, EXPAT_SOUND, "XML from strangers could keep it busy")
    try:
        store = Store(data_dir)
    except KgError as error:
        yield Finding("error", "data directory", str(error))
        return
    try:
        yield _room(data_dir)
        yield from _log(store)
        yield _sandbox(store)
    finally:
        store.close()


def _version(name: str, found: tuple[int, ...], sound: tuple[int, ...], why: str) -> Finding:
    told = ".".join(map(str, found))
    if found >= sound:
        return Finding("ok", name, told)
    return Finding("warning", name, f"{told}; before {'.'.join(map(str, sound))} {why}")


def _room(data_dir: Path) -> Finding:
    free, size = shutil.disk_usage(data_dir).free, database_path(data_dir).stat().st_size
    told = f"{free // 1024**2} MiB free; the database has {max(1, size // 1024**2)} MiB"
    return Finding("ok" if free > max(ROOM_MIN, 2 * size) else "warning", "disk", told)


def _log(store: Store) -> Iterator[Finding]:
    with store.read() as connection:
        faults = list(log.faults(connection))
        last = next(log.changesets(connection, log.head(connection).seq - 1), None)
    yield from (Finding("error", "log", fault) for fault in faults)
    if not faults:
        yield Finding("ok", "log", f"whole, {last.seq if last else 0} changes")
    if last and last.time > moment():
        yield Finding("warning", "clock", f"the last change was made at {last.time}, which is yet to come")


def _sandbox(store: Store) -> Finding:
    queries = Queries(store)
    queries.start()
    try:
        queries.ready(30)
        if queries.off:
            return Finding("warning", "sandbox", f"SPARQL is off: {queries.off}")
        return Finding("ok", "sandbox", "it holds; SPARQL is on")
    finally:
        queries.close()
