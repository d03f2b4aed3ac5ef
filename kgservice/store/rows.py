"""Rows of many keys: reading them, and making the rows of a table what they are to be.

A statement takes so many parameters and no more, and building one costs more than running it. Those here are run by
the driver, inside the transaction of SQLAlchemy's connection.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Delete, Insert, Table, Update, bindparam, delete, insert, update

from kgservice.store import statements
from kgservice.store.direct import Direct, Reader
from kgservice.store.statements import Command, Keys, Query, Values

T = TypeVar("T")

Reading = Connection
"""What `Store.read` gives: one state of the database."""

KEYS_AT_ONCE = 512

ROWS_AT_ONCE = 5_000


def chunks(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """The items in lists that fit into the parameters of one statement."""
    held = list(items)
    return (held[start : start + size] for start in range(0, len(held), size))


def among(column: Any) -> ColumnElement[bool]:
    """That a column has one of the keys that `rows_in` is given."""
    condition: ColumnElement[bool] = column.in_(bindparam("keys", expanding=True))
    return condition


def fetch(reader: Reader, query: Query, keys: Keys | None = None) -> list[tuple[Any, ...]]:
    """The rows of a query, JSON parsed."""
    if isinstance(reader, Direct):
        return reader.execute(query, keys)
    return statements.execute(_driver(reader), query, keys or {})


def rows_in(connection: Connection, query: Query, keys: Iterable[str]) -> Iterator[Any]:
    """The rows of a query that asks for columns `among` keys: named tuples."""
    driver = _driver(connection)
    for held in _key_chunks(keys):
        row = statements.compile_for(query, held).row
        yield from map(row._make, statements.execute(driver, query, held))


def change_in(connection: Connection, command: Command, keys: Iterable[str], **values: Any) -> None:
    """Run a command that is for the rows with a column `among` keys."""
    driver = _driver(connection)
    for held in _key_chunks(keys):
        statements.execute(driver, command, held, values)


def change_each(connection: Connection, command: Command, rows: Sequence[Values]) -> None:
    """Run a command with the values of each row."""
    if rows:
        statements.execute_each(_driver(connection), command, rows)


def _key_chunks(keys: Iterable[str]) -> Iterator[dict[str, list[str]]]:
    """The keys in lists of a few lengths, the last key again and again at the end: so there are few statements."""
    for chunk in chunks(sorted(keys), KEYS_AT_ONCE):
        length = 1 << (len(chunk) - 1).bit_length()
        yield {"keys": chunk + chunk[-1:] * (length - len(chunk))}


def _driver(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, in a transaction as SQLAlchemy's own statements would be."""
    if not connection.in_transaction():
        connection.begin()
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def write_difference(connection: Connection, table: Table, before: Iterable[Values], after: Iterable[Values]) -> None:
    """Have the rows after in a table instead of those before; only those that differ are written."""
    was, now = _by_key(table, before), _by_key(table, after)
    _remove(connection, table, [was[key] for key in was if key not in now])
    changed = [row for key, row in now.items() if key in was and was[key] != row]
    if changed:
        names = [name for name in changed[0] if name not in table.primary_key.columns]
        told = [{**_key(table, row), **{name: row[name] for name in names}} for row in changed]
        change_each(connection, _update(table, tuple(names)), told)
    add_rows(connection, table, [row for key, row in now.items() if key not in was])


def add_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Add rows, each with all columns of the table."""
    change_each(connection, _insert(table), rows)


def _remove(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    change_each(connection, _delete(table), [_key(table, row) for row in rows])


def _by_key(table: Table, rows: Iterable[Values]) -> dict[tuple[Any, ...], Values]:
    names = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in names): row for row in rows}


def _key(table: Table, row: Values) -> dict[str, Any]:
    return {f"key_{column.name}": row[column.name] for column in table.primary_key}


@lru_cache
def _insert(table: Table) -> Insert:
    return insert(table)


@lru_cache
def _delete(table: Table) -> Delete:
    return delete(table).where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))


@lru_cache
def _update(table: Table, names: tuple[str, ...]) -> Update:
    keyed = update(table).where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
    return keyed.values({name: bindparam(name) for name in names})
