"""What each client has spent in the last minute, in one file that the web processes share.

A budget is a time: that by which what was spent is earned back. Spending moves it on, and a client whose time is more
than a minute ahead has to wait for the rest. So a client is four numbers, and nothing has to be swept.
"""

import fcntl
import hashlib
import math
import mmap
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kgservice.errors import OverBudget
from kgservice.model.limits import Limits

WINDOW = 60.0
"""Seconds whose allowance may be spent at once."""

_SLOT = struct.Struct("=16s3d")
_NEIGHBOURS = 8
"""Slots that a client may be in; where all are taken, the one that was last spent from longest ago is given up."""

SLOTS = 32_768
"""Clients that are remembered; 1.3 MB."""

_KINDS = ("requests", "cpu", "errors")
_WORDS = {"requests": "queries", "cpu": "seconds of processor time", "errors": "queries that failed"}

Times = list[float]


class Budgets:
    """The budgets of all clients. Safe to use from several threads and processes."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._file = path.open("a+b")
        self._file.truncate(SLOTS * _SLOT.size)
        self._map = mmap.mmap(self._file.fileno(), SLOTS * _SLOT.size)
        self._lock = threading.Lock()

    def admit(self, client: str, limits: Limits) -> None:
        """Count one request; `OverBudget` says when to come back if the client has spent what it may."""
        now = self._clock()
        _require(self._spend(client, limits, now, refusing=True, requests=1), now, limits)

    def require_rest(self, client: str, limits: Limits) -> None:
        """Raise as `admit` would, but count nothing. Does not wait for others, so that their spending may be missed."""
        now = self._clock()
        _, held = self._find(_digest(client), now)
        _require(_moved(held, limits, requests=1), now, limits)

    def charge(self, client: str, limits: Limits, *, cpu: float = 0, errors: int = 0) -> None:
        """Count what a query has cost: seconds of processor time, and whether it failed."""
        self._spend(client, limits, self._clock(), cpu=cpu, errors=errors)

    def close(self) -> None:
        """Close the file."""
        self._map.close()
        self._file.close()

    def _spend(self, client: str, limits: Limits, now: float, *, refusing: bool = False, **costs: float) -> Times:
        """A client's times, moved on by what is spent; nothing is kept of a spending that is refused."""
        name = _digest(client)
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                place, held = self._find(name, now)
                times = _moved(held, limits, **costs)
                if not (refusing and _is_over(max(times) - now)):
                    _SLOT.pack_into(self._map, place, name, *times)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        return times

    def _find(self, name: bytes, now: float) -> tuple[int, Times]:
        """Where a client's slot is, and its times: none before now, none so far ahead that a clock must have jumped."""
        first = int.from_bytes(name[:4], "big") % SLOTS
        places = [(first + step) % SLOTS * _SLOT.size for step in range(_NEIGHBOURS)]
        held = [(place, *_SLOT.unpack_from(self._map, place)) for place in places]
        for place, known, *times in held:
            if known == name:
                return place, [min(max(at, now), now + 2 * WINDOW) for at in times]
        place = min(held, key=lambda slot: max(slot[2:]))[0]
        return place, [now] * len(_KINDS)


def _digest(client: str) -> bytes:
    return hashlib.blake2b(client.encode(), digest_size=16).digest()


def _moved(times: Times, limits: Limits, **costs: float) -> Times:
    """The times after something is spent."""
    return [at + costs.get(kind, 0) * WINDOW / _allowance(limits, kind) for at, kind in zip(times, _KINDS, strict=True)]


def _require(times: Times, now: float, limits: Limits) -> None:
    """`OverBudget` if one of the times is too far ahead."""
    ahead, kind = max((at - now, kind) for at, kind in zip(times, _KINDS, strict=True))
    if _is_over(ahead):
        allowed = _allowance(limits, kind)
        raise OverBudget(
            f"this client has spent what it may in a minute: {allowed:g} {_WORDS[kind]}; come back after Retry-After",
            retry_after=max(1, math.ceil(ahead - WINDOW)),
        )


def _is_over(ahead: float) -> bool:
    return ahead > WINDOW + 1e-6


def _allowance(limits: Limits, kind: str) -> float:
    return {
        "requests": limits.requests_per_minute,
        "cpu": limits.cpu_seconds_per_minute,
        "errors": limits.errors_per_minute,
    }[kind]
