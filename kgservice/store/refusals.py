"""Why a query was not answered, in words for the one who asked."""

import re

from kgservice.errors import KgError, QueryRefused, ResultTooLarge, Unavailable
from kgservice.store.workers import WorkerError


class NotAcceptable(KgError):
    """The query's answer has no form in the formats asked for. The text is `results`, `boolean` or `graph`."""


def told(error: WorkerError) -> KgError:
    """The error of the domain that a worker's answer is."""
    if error.kind == "unacceptable":
        return NotAcceptable(str(error))
    if error.kind == "too-large":
        return ResultTooLarge(f"the result {error}; ask for less, or for pieces by ORDER BY, LIMIT and OFFSET")
    if error.kind == "spool":
        return Unavailable(f"there is no room for the result: {error}")
    return QueryRefused(_in_words(str(error)))


_EXPECTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|[^,\[\"]+")


def _in_words(message: str) -> str:
    """The engine's message about a syntax error, without the classes of characters that it lists."""
    place, expected, listed = message.partition(": expected ")
    if not expected:
        return message
    if "Prefix not found" in listed:
        return f"{place}: the prefix is not declared; add a PREFIX line for it"
    parts = [part.strip() for part in _EXPECTED.findall(listed.removeprefix("one of "))]
    told = [part for part in parts if part and part[0] != "["]
    return f"{place}: expected {'one of ' if len(told) > 1 else ''}{', '.join(told)}" if told else message
