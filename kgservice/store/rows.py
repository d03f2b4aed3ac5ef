"""Rows of many keys: reading them, and making the rows of a table what they are to be.

A statement takes so many parameters and no more, and building one costs more than running it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, insert, update
from sqlalchemy.sql import Executable

T = TypeVar("T")

Reading = Connection
"""What `Store.read` gives: one state of the database."""

Values = Mapping[str, Any]
"""A row that is to be written, by column."""

ROWS_AT_ONCE = 5_000


def chunks(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """The items in lists that fit into the parameters of one statement."""
    held = list(items)
    return (held[start : start + size] for start in range(0, len(held), size))


def among(column: Any) -> ColumnElement[bool]:
    """That a column has one of the keys that `rows_in` is given."""
    condition: ColumnElement[bool] = column.in_(bindparam("keys", expanding=True))
    return condition


def rows_in(connection: Connection, query: Executable, keys: Iterable[str]) -> Iterator[Row[Any]]:
    """The rows of a query that asks for columns `among` keys."""
    for chunk in chunks(sorted(keys)):
        yield from connection.execute(query, {"keys": chunk})


def write_difference(connection: Connection, table: Table, before: Iterable[Values], after: Iterable[Values]) -> None:
    """Have the rows after in a table instead of those before; only those that differ are written."""
    was, now = _by_key(table, before), _by_key(table, after)
    _remove(connection, table, [was[key] for key in was if key not in now])
    changed = [row for key, row in now.items() if key in was and was[key] != row]
    if changed:
        names = [name for name in changed[0] if name not in table.primary_key.columns]
        told = [{**_key(table, row), **{name: row[name] for name in names}} for row in changed]
        connection.execute(_update(table, tuple(names)), told)
    add_rows(connection, table, [row for key, row in now.items() if key not in was])


def add_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Add rows to a table, so many at once."""
    for chunk in chunks(rows, ROWS_AT_ONCE):
        connection.execute(_insert(table), chunk)


def _remove(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(_delete(table), [_key(table, row) for row in rows])


def _by_key(table: Table, rows: Iterable[Values]) -> dict[tuple[Any, ...], Values]:
    names = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in names): row for row in rows}


def _key(table: Table, row: Values) -> dict[str, Any]:
    return {f"key_{column.name}": row[column.name] for column in table.primary_key}


@lru_cache
def _insert(table: Table) -> Any:
    return insert(table)


@lru_cache
def _delete(table: Table) -> Any:
    return delete(table).where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))


@lru_cache
def _update(table: Table, names: tuple[str, ...]) -> Any:
    keyed = update(table).where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
    return keyed.values({name: bindparam(name) for name in names})
