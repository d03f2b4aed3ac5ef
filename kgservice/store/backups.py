"""Backups: a copy of the database made while the service runs, checked before it counts, and brought back.

The log in a backup is whole up to its last change, so that it can be restored to any sequence before that.
"""

import contextlib
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from kgservice.errors import StorageFull, Unusable
from kgservice.store import log, tables
from kgservice.store.database import begin_write, connect, database_path, require_known, schema, upgrade
from kgservice.store.store import Store, replay


def backup(store: Store, target: Path) -> log.Head:
    """Copy the database to a file that is not there yet, whole or not at all; the head of the copy's log.

    It holds all that was acknowledged before it began. Writers go on meanwhile. `Unusable` if it does not stand the
    check.
    """
    if target.exists():
        raise Unusable(f"{target} exists; a backup never overwrites a file")
    making = target.with_name(f"{target.name}.part")
    try:
        _copy(database_path(store.data_dir), making)
        head = _require_whole(making, target)
        making.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise _trouble(target, error) from error
    finally:
        making.unlink(missing_ok=True)
    return head


def restore(source: Path, data_dir: Path, *, at: int | None = None) -> log.Head:
    """Make a data directory from a backup, as it was at a sequence (its last, if none is given).

    A backup that an older version made is brought to the present schema. `Unusable` if the directory holds anything, or
    the file is no whole backup; then it is as if nothing had been tried.
    """
    if not source.is_file():
        raise Unusable(f"{source}: no such file")
    if data_dir.exists() and any(data_dir.iterdir()):
        raise Unusable(f"{data_dir} is not empty; restore into another directory, then exchange them")
    made = [folder for folder in (data_dir, *data_dir.parents) if not folder.exists()]
    making = data_dir / "restoring"
    try:
        making.mkdir(parents=True)
        path = database_path(making)
        _copy(source, path)
        head = _require_whole(path, source)
        found = schema(path)
        require_known(found, source)
        upgrade(making)
        if at is not None or found.stale or found != schema(path):
            head = _cut(path, head.seq if at is None else at, head)
        path.rename(database_path(data_dir))
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise _trouble(source, error, "nothing was made; restore another backup") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
        with contextlib.suppress(OSError):  # a folder that has something in it stays, and those around it
            for folder in made:
                folder.rmdir()
    return head


def _copy(source: Path, target: Path) -> None:
    """One state of a database as another file, which is on the disk when this returns."""
    held = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        copy.execute("PRAGMA synchronous = FULL")
        held.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # closed, it is one file
    finally:
        copy.close()
        held.close()


def _require_whole(path: Path, file: Path) -> log.Head:
    """The head of a copy; `Unusable` if a page is damaged or its log is not whole. `file` is what errors name."""
    plain = sqlite3.connect(path)
    try:
        found = [told for (told,) in plain.execute("PRAGMA integrity_check(5)") if told != "ok"]
    finally:
        plain.close()
    engine = connect(path)
    try:
        with engine.connect() as connection:
            found += log.faults(connection)
            head = log.head(connection)
    except DatabaseError as error:
        raise Unusable(f"{file} cannot be read as a database: {error.orig}; try another backup") from error
    finally:
        engine.dispose()
    if found or not head.seq:
        told = "; ".join(found) or "its log is empty"
        raise Unusable(f"{file} is no whole backup: {told}; try another backup")
    return head


def _cut(path: Path, at: int, head: log.Head) -> log.Head:
    """Take the changes after a sequence away, and make the mirror anew from the rest."""
    if not 1 <= at <= head.seq:
        raise Unusable(f"the backup has the changes 1 to {head.seq}; it cannot be restored to {at}")
    engine = connect(path)
    try:
        with begin_write(engine) as connection:
            connection.execute(delete(tables.changeset).where(tables.changeset.c.seq > at))
            replay(connection, connection)
            return log.head(connection)
    finally:
        engine.dispose()


def _trouble(path: Path, error: Exception, advice: str = "") -> Exception:
    if "full" in str(error) or "No space" in str(error):
        return StorageFull(f"{path}: the disk has no room; nothing was changed")
    if isinstance(error, sqlite3.Error) and advice:
        return Unusable(f"{path} is no whole backup: {error}; {advice}")
    return Unusable(f"{path}: {error}")
