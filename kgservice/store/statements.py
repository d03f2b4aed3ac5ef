"""Statements run by the driver itself: for a few rows found by key, SQLAlchemy's own work costs several times theirs.

The statements are SQLAlchemy's all the same, compiled once for each number of keys.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import JSON, CompoundSelect, Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite

Query = Select[Any] | CompoundSelect[Any]

Command = Insert | Update | Delete

Keys = Mapping[str, Sequence[str]]
"""The values of a statement's expanding parameters, by name."""

Values = Mapping[str, Any]
"""A row that is to be written, by column; or other parameters of a statement, by name."""


def execute(
    driver: sqlite3.Connection, statement: Query | Command, keys: Keys, values: Values | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a statement, JSON parsed; none if it is a command."""
    compiled = compile_for(statement, keys)
    parameters = {**compiled.parameters, **values} if values else dict(compiled.parameters)
    for name, held in keys.items():
        parameters.update([(f"{name}_{place}", value) for place, value in enumerate(held, 1)])
    rows: list[tuple[Any, ...]] = driver.execute(compiled.text, parameters).fetchall()
    return [_parsed(row, compiled.json) for row in rows] if compiled.json else rows


def execute_each(driver: sqlite3.Connection, command: Command, rows: Sequence[Values]) -> None:
    """Run a command with the values of each row."""
    compiled = compile_for(command, {})
    told = compiled.json_values
    driver.executemany(compiled.text, [_with_json(row, told) for row in rows] if told else rows)


class _Compiled(NamedTuple):
    text: str
    parameters: dict[str, Any]  # those that have a value of their own
    row: Any  # the named tuple that a row of the statement is
    json: list[int]  # the places of columns that hold JSON
    json_values: list[str]  # the parameters that are to be JSON


def compile_for(statement: Query | Command, keys: Keys) -> _Compiled:
    """A statement with room for so many keys."""
    return _compiled(statement, tuple([(name, len(values)) for name, values in keys.items()]))


@lru_cache(1024)
def _compiled(statement: Query | Command, sizes: tuple[tuple[str, int], ...]) -> _Compiled:
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    keys = {name: [""] * size for name, size in sizes}
    values = {name: None for name, bound in compiled.binds.items() if bound.required and name not in keys}
    expanded = compiled.construct_expanded_state({**keys, **values})
    columns: Sequence[tuple[str, Any]] = [] if isinstance(statement, Command) else statement.selected_columns.items()
    return _Compiled(
        expanded.statement,
        {name: value for name, value in expanded.parameters.items() if name not in values},
        namedtuple("Row", [str(name) for name, _ in columns], rename=True),
        [place for place, (_, column) in enumerate(columns) if isinstance(column.type, JSON)],
        [name for name, bound in compiled.binds.items() if isinstance(bound.type, JSON)],
    )


def _parsed(row: tuple[Any, ...], json: list[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in json:
        if values[place] is not None:
            values[place] = orjson.loads(values[place])
    return tuple(values)


def _with_json(row: Values, names: list[str]) -> Values:
    return {**row, **{name: to_json(row[name]) for name in names}}


def to_json(value: Any) -> str:
    """A value as columns of JSON hold it."""
    return orjson.dumps(value).decode()
