"""Objects and numbers of JSON, as strictly as they are read here."""

from collections import Counter
from typing import Any

DIGITS_MAX = 50
"""Digits of a whole number; a sequence has twelve."""


def whole(digits: str) -> int:
    """The whole number that is written so; `ValueError` if it has more digits than any number here."""
    if len(digits) > DIGITS_MAX:
        raise ValueError(f"a number has {len(digits)} digits; {DIGITS_MAX} are allowed")
    return int(digits)


def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object that has those pairs; `ValueError` if a key stands twice, since readers differ in which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = min(key for key, count in times.items() if count > 1)
        raise ValueError(f"the key {twice[:100]!r} stands twice in one object")
    return found
