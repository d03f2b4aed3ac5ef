"""The SQLite file of a data directory: how it is opened, made and brought to the current schema."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool, StaticPool

from kgservice.config import packaged
from kgservice.errors import StorageFull, Unavailable, Unusable
from kgservice.store.statements import to_json

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_TIMEOUT = 10.0
"""Seconds that a writer waits for another writer."""

CURRENT, STALE = 0, 1
"""`PRAGMA user_version`: whether the mirror has been made anew since the schema was changed."""

_FULL = ("database or disk is full", "disk I/O error")
"""What SQLite says of a disk without room: the second when the write-ahead log cannot grow."""


def database_path(data_dir: Path) -> Path:
    """The database file in a data directory."""
    return data_dir / "kgservice.db"


def connect(path: Path) -> Engine:
    """An engine over the file: WAL, foreign keys on, a commit durable when it returns.

    Transactions start plainly, for reading; a writer starts with `begin_write`, since a read that turns into a write
    fails at once where another writer was quicker.
    """
    return _engine(str(path), "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def in_memory() -> Engine:
    """An engine over a database that is gone with it."""
    return _engine(":memory:", "foreign_keys = ON", poolclass=StaticPool)


def migration_engine(path: Path) -> Engine:
    """An engine for schema changes. Foreign keys are off: batch mode drops tables, and deletes would cascade."""
    return _engine(str(path), "foreign_keys = OFF", poolclass=NullPool)


def _engine(path: str, *pragmas: str, **options: Any) -> Engine:
    address = URL.create("sqlite", database=path)  # a path may have any character
    engine = create_engine(
        address,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        **options,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver starts no transaction of its own, so that DDL is in ours
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.connection.cursor().execute("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


@contextmanager
def begin_write(engine: Engine) -> Iterator[Connection]:
    """A connection inside a write transaction that holds the write lock from its first statement on.

    `Unavailable` if another process holds it for longer than the busy timeout, `StorageFull` if the disk is full.
    """
    with engine.connect().execution_options(write=True) as connection:
        try:
            transaction = connection.begin()
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the glossary cannot be written now ({error}); try again") from error
        try:
            with transaction:
                yield connection
        except (OperationalError, sqlite3.OperationalError) as error:  # the driver's own, where it ran a statement
            if any(told in str(getattr(error, "orig", error)) for told in _FULL):
                raise StorageFull("the disk has no room for this change; nothing was changed") from error
            raise


def alembic_config(path: Path) -> "Config":
    """Alembic's configuration for that file; there is no alembic.ini."""
    from alembic.config import Config  # heavy: only what changes a schema needs it, not each start

    config = Config()
    config.set_main_option("script_location", str(packaged("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["path"] = path
    return config


def upgrade(data_dir: Path) -> None:
    """Bring the database to the current schema, making it if need be. One process does it, the others wait."""
    from alembic import command

    path = database_path(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command.upgrade(alembic_config(path), "head")


def schemas() -> list[str]:
    """The revisions that this version knows, in order: its migrations, whose files are named by number."""
    return sorted(path.name.partition("_")[0] for path in (packaged("migrations") / "versions").glob("[0-9]*.py"))


class Schema(NamedTuple):
    """The revision of a database, None if it has none, and whether its mirror is yet to be made."""

    revision: str | None
    stale: bool


def schema(path: Path) -> Schema:
    """The schema that a database has; `Unusable` if the file is none."""
    engine = migration_engine(path)
    try:
        with engine.connect() as connection:
            marked = inspect(connection).has_table("alembic_version")
            found = connection.scalar(text("SELECT version_num FROM alembic_version")) if marked else None
            return Schema(found, stale=connection.scalar(text("PRAGMA user_version")) != CURRENT)
    except DatabaseError as error:
        raise Unusable(f"{path} cannot be read as a database: {error.orig}") from error
    finally:
        engine.dispose()


def require_known(found: Schema, where: Path) -> None:
    """Raise `Unusable` if a newer version made it."""
    if found.revision and found.revision not in schemas():
        raise Unusable(
            f"{where} has schema {found.revision}, this version knows {schemas()[-1]} and those before it; "
            "use the version that made it, or a newer one"
        )


def require_current(data_dir: Path, *, mirrored: bool = True) -> None:
    """Raise `Unusable` unless the directory has a database of the current schema, and (if asked) a mirror in it."""
    path = database_path(data_dir)
    if not path.is_file():
        raise Unusable(f"{data_dir} has no glossary; make one with: kgservice init --data-dir {data_dir}")
    found = schema(path)
    require_known(found, data_dir)
    if found.revision != schemas()[-1]:
        raise Unusable(
            f"the database in {data_dir} has schema {found.revision or 'none'}, this version needs {schemas()[-1]}; "
            f"stop the service, copy the directory and run: kgservice db upgrade --data-dir {data_dir}"
        )
    if mirrored and found.stale:
        raise Unusable(
            f"the upgrade of the database in {data_dir} was broken off before its end; "
            f"run it again: kgservice db upgrade --data-dir {data_dir}"
        )
