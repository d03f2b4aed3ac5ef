"""What the web processes have done, counted in shared memory: each process has a file of numbers that all may read.

A file belongs to the process that holds its lock. One whose process has ended goes on in the next, so that what is
counted never becomes less. Counting takes no lock of another process, and no call of the system.
"""

import contextlib
import fcntl
import hashlib
import mmap
import os
import threading
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

Key = tuple[str, ...]
"""The name of a number, and the values of its labels."""

_HEADER = 16
"""Bytes that say which numbers follow."""

_WORKERS = 256


class Worker(NamedTuple):
    """What one web process has counted, those that had its file before it included."""

    name: str
    lives: bool
    values: Mapping[Key, float]


class Counters:
    """The numbers of this web process, and those of all. Safe to use from several threads."""

    def __init__(self, folder: Path, keys: Iterable[Key], gauges: Iterable[Key] = ()) -> None:
        """`gauges` are numbers that end with a process."""
        gauges = tuple(gauges)
        self._keys = (*keys, *gauges)
        self._at = {key: place for place, key in enumerate(self._keys)}
        self._form = hashlib.blake2b(repr(self._keys).encode(), digest_size=_HEADER).digest()
        self._folder = folder
        self._lock = threading.Lock()
        memory = self._taken() or bytearray(self._size)  # where there is no room, a process tells of itself alone
        whole = memoryview(memory)
        if bytes(whole[:_HEADER]) != self._form:
            whole[:_HEADER] = self._form
            whole[_HEADER:] = bytes(len(whole) - _HEADER)
        self._values = whole[_HEADER:].cast("d")
        for key in gauges:
            self._values[self._at[key]] = 0

    @property
    def _size(self) -> int:
        return _HEADER + 8 * len(self._keys)

    def _taken(self) -> mmap.mmap | None:
        """The first file that no process has, which is this one's from now on; None if there can be none."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in range(_WORKERS):
                handle = os.open(self._folder / str(number), os.O_RDWR | os.O_CREAT, 0o644)
                weakref.finalize(self, os.close, handle)
                if _is_ours(handle):
                    if os.fstat(handle).st_size != self._size:
                        os.ftruncate(handle, 0)
                    os.posix_fallocate(handle, 0, self._size)  # a page that the disk has no room for ends the process
                    return mmap.mmap(handle, self._size)
        return None

    def add(self, *amounts: tuple[Key, float]) -> None:
        """Count on."""
        with self._lock:
            for key, amount in amounts:
                self._values[self._at[key]] += amount

    def set(self, key: Key, value: float) -> None:
        """Say what a gauge is at."""
        self._values[self._at[key]] = value

    def workers(self) -> list[Worker]:
        """What each web process has counted."""
        found = []
        for path in sorted(self._folder.glob("*"), key=lambda path: path.name.zfill(3)):
            data = path.read_bytes()
            if len(data) == self._size and data[:_HEADER] == self._form:
                found.append(Worker(path.name, is_held(path), self._named(memoryview(data)[_HEADER:].cast("d"))))
        return found or [Worker("0", lives=True, values=self._named(self._values))]

    def _named(self, values: "memoryview[float]") -> dict[Key, float]:
        return dict(zip(self._keys, values.tolist(), strict=True))


def _is_ours(handle: int) -> bool:
    """Whether this process gets the lock of a file."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether a process has locked a file."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
