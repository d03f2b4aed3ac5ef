"""A query's result on its way out of the engine: counted, capped, in memory while small, in a file once large.

Rows of SELECT are counted in the bytes, since asking the engine for them one by one would cost more than writing them:
a mark that no row lacks is counted as pieces pass, and where a text could hold it too, exactly, if it comes to that.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TypeVar

T = TypeVar("T")

SPOOLED_FROM = 256 * 1024
"""Bytes from which on a result goes to a file."""


class TooLargeError(Exception):
    """A result is over a cap; the text says which."""


class SpoolError(Exception):
    """The file of a result cannot be written."""


_MARKS = {"json": (b"},{", -1), "xml": (b"<result>", 0), "csv": (b"\n", 1), "tsv": (b"\n", 1)}
"""What each row has, and how many more there are of it (in JSON the first row has none)."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')


class Sink:
    """A file for the engine to write to; it takes at most so many bytes and marks of rows."""

    def __init__(self, *, spool: str, most_bytes: int, most_rows: int, format: str | None) -> None:
        self._spool = Path(spool)
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._format = format
        self._mark, self._head = _MARKS.get(format or "", (b"", 0))
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a piece may end within a character
        self._last = b""
        self._marks = 0
        self._data = bytearray()
        self._file: IO[bytes] | None = None
        self.size = 0

    def write(self, piece: bytes) -> int:
        """Take a piece of the result. XML is written in ASCII: R reads it so, whatever the headers say."""
        taken = len(piece)
        if self._format == "xml":
            piece = self._decoder.decode(piece).encode("ascii", "xmlcharrefreplace")
        self.size += len(piece)
        if self.size > self._most_bytes:
            raise TooLargeError(f"is larger than {self._most_bytes // 1024} kB")
        if self._mark:
            self._count(piece)
        self._data += piece
        if self._file or self.size > SPOOLED_FROM:
            self._flush_to_file()
        return taken

    def flush(self) -> None:
        """Nothing waits that `close` would not write."""

    def close(self) -> bytes | None:
        """The whole result, or None if it is in the file. Counts exactly if the marks are too many."""
        if self._marks - self._head > self._most_rows and self._rows() > self._most_rows:
            raise self._too_many()
        if not self._file:
            return bytes(self._data)
        self._file.close()
        return None

    def _count(self, piece: bytes) -> None:
        kept = len(self._mark) - 1
        self._marks += (self._last + piece).count(self._mark)
        self._last = piece[-kept:] if kept else b""
        if self._format in ("xml", "tsv") and self._marks - self._head > self._most_rows:
            raise self._too_many()

    def _flush_to_file(self) -> None:
        try:
            self._file = self._file or self._spool.open("w+b")
            self._file.write(self._data)
        except OSError as error:
            raise SpoolError(str(error)) from error
        self._data.clear()

    def _rows(self) -> int:
        data = bytes(self._data)
        if self._file:
            self._file.seek(0)
            data = self._file.read()
        if self._format == "csv":
            return sum(part.count(b"\n") for part in data.split(b'"')[::2]) - self._head
        return len(re.findall(rb"[\[,]\{", _STRING.sub(b"", data)))

    def _too_many(self) -> TooLargeError:
        return TooLargeError(f"has more than {self._most_rows} rows")


def counted(triples: Iterable[T], most: int) -> Iterator[T]:
    """The triples; `TooLargeError` at the one that is too many."""
    for number, triple in enumerate(triples, 1):
        if number > most:
            raise TooLargeError(f"has more than {most} triples")
        yield triple
