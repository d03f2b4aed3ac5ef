"""What queries may cost, by role: one table, for the code that holds to it and for the texts that tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def _limit(default: float, about: str) -> float:
    """A field of `Limits` with the words that tell it to people."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one role: of a query, and of all queries of one client in a minute."""

    seconds: float = _limit(10, "seconds until a query is ended")
    rows: int = _limit(100_000, "rows, or triples, of a result")  # type: ignore[assignment]
    result_bytes: int = _limit(32 * 1024 * 1024, "bytes of a result")  # type: ignore[assignment]
    query_bytes: int = _limit(64 * 1024, "bytes of a query")  # type: ignore[assignment]
    nesting: int = _limit(100, "brackets within brackets")  # type: ignore[assignment]
    patterns: int = _limit(256, "patterns, path steps and groups in a query")  # type: ignore[assignment]
    at_once: int = _limit(4, "queries of one client that run or wait")  # type: ignore[assignment]
    requests_per_minute: float = _limit(1200, "queries of one client in a minute")
    cpu_seconds_per_minute: float = _limit(60, "seconds of processor time of one client in a minute")
    errors_per_minute: float = _limit(60, "queries of one client that fail, in a minute")


_TRUSTED = Limits(
    seconds=30,
    rows=1_000_000,
    result_bytes=256 * 1024 * 1024,
    at_once=8,
    requests_per_minute=6000,
    cpu_seconds_per_minute=240,
    errors_per_minute=600,
)

READER = "reader"
"""The role of a client that nobody knows."""

LIMITS: Mapping[str, Limits] = {READER: Limits(), "editor": _TRUSTED, "reviewer": _TRUSTED, "admin": _TRUSTED}
"""The limits of each role, unless the operator gives others."""

QUERY_BYTES_MAX = 1024 * 1024
"""What no role's `query_bytes` can exceed: request bodies are read into memory."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: a name to keep a budget under, a role, and whether a token says so or only an address."""

    name: str
    role: str = READER
    known: bool = False


ANYONE = Client("")
"""The client of queries that are not made for anybody."""
