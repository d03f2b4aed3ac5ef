"""Rows of many keys: a statement takes so many parameters and no more."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select

T = TypeVar("T")

Reading = Connection
"""What `Store.read` gives: one state of the database."""


def chunks(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """The items in lists that fit into the parameters of one statement."""
    held = list(items)
    return (held[start : start + size] for start in range(0, len(held), size))


def rows_in(connection: Connection, query: Select[Any], column: Any, values: Iterable[str]) -> Iterator[Row[Any]]:
    """The rows of a query whose column has one of the values."""
    for chunk in chunks(sorted(values)):
        yield from connection.execute(query.where(column.in_(chunk)))
