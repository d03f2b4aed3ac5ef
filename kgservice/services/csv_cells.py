r"""Cells of CSV files: several values in one, and texts that a spreadsheet would take for formulas.

Values of a field that has several stand with `|` between them; `\|` and `\\` are the characters themselves. A cell that
starts with `=`, `+`, `-`, `@` or a tab gets an apostrophe in front, which spreadsheets take for "this is text"; an
import takes it off again.
"""

import re
from collections.abc import Sequence

SEPARATOR = "|"

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"\\([\\|])")


def to_cell(value: str) -> str:
    """The value as a cell that no spreadsheet runs."""
    return f"'{value}" if _FORMULA.match(value) else value


def from_cell(cell: str) -> str:
    """The value of a cell that `to_cell` made; any other as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def to_value(values: Sequence[str], *, many: bool) -> str:
    """The values of a field as one text."""
    if not many:
        return values[0] if values else ""
    return SEPARATOR.join(value.replace("\\", "\\\\").replace(SEPARATOR, f"\\{SEPARATOR}") for value in values)


def from_value(value: str, *, many: bool) -> list[str]:
    """The values in a text that `to_value` made."""
    if not many:
        return [value]
    pieces = re.split(r"(?<!\\)((?:\\\\)*)\|", value)
    joined = [piece + slashes for piece, slashes in zip(pieces[::2], [*pieces[1::2], ""], strict=True)]
    return [_ESCAPED.sub(r"\1", piece) for piece in joined]
