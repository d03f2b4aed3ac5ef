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

SPOOLED_FROM = 4 * 1024 * 1024
"""Bytes from which on a result goes to a file."""


class TooLargeError(Exception):
    """A result is over a cap; the text says which."""


class SpoolError(Exception):
    """The file of a result cannot be written."""


_MARKS = {"json": (b"{", 3), "xml": (b"<result>", 0), "csv": (b"\n", 1), "tsv": (b"\n", 1)}
"""What each row has, and how often the head has it."""

_EXACT = frozenset(("xml", "tsv"))
"""Formats whose mark is in nothing but rows."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')


class Sink:
    """A file for the engine to write to; it takes at most so many bytes and marks of rows."""

    def __init__(self, *, spool: str, most_bytes: int, most_rows: int, format: str | None) -> None:
        self._spool = spool
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._format = format
        self._mark, head = _MARKS.get(format or "", (b"", 0))
        self._left = most_rows + head
        """Marks until there may be too many rows."""
        self._decoder = codecs.getincrementaldecoder("utf-8")() if format == "xml" else None
        self._last = b""
        self._pieces: list[bytes] = []
        self._held = 0
        self._file: IO[bytes] | None = None
        self.size = 0

    @property
    def spooled(self) -> bool:
        """Whether the result is in the file."""
        return self._file is not None

    def write(self, piece: bytes) -> int:
        """Take a piece of the result. XML is written in ASCII: R reads it so, whatever the headers say."""
        taken = len(piece)
        if self._decoder:  # a piece may end within a character
            piece = self._decoder.decode(piece).encode("ascii", "xmlcharrefreplace")
        self.size += len(piece)
        if self.size > self._most_bytes:
            raise TooLargeError(f"is larger than {self._most_bytes // 1024} kB")
        if self._mark:
            self._count(piece)
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > SPOOLED_FROM:
            self._flush_to_file()
        return taken

    def flush(self) -> None:
        """Nothing waits that `close` would not write."""

    def close(self) -> list[bytes]:
        """The pieces of the result; none if it is in the file. Counts exactly if the marks are too many."""
        if self._left < 0 and self._has_too_many():
            raise self._too_many()
        if self._file:
            self._flush_to_file()
            self._file.close()
        return self._pieces

    def _count(self, piece: bytes) -> None:
        """Count the marks, also one that begins in the piece before."""
        if len(self._mark) > 1:
            piece = self._last + piece
            self._last = piece[1 - len(self._mark) :]
        self._left -= piece.count(self._mark)
        if self._left < 0 and self._format in _EXACT:
            raise self._too_many()

    def _flush_to_file(self) -> None:
        try:
            self._file = self._file or Path(self._spool).open("w+b")  # noqa: SIM115 - open until `close`
            self._file.write(b"".join(self._pieces))
        except OSError as error:
            raise SpoolError(str(error)) from error
        self._pieces.clear()
        self._held = 0

    def _has_too_many(self) -> bool:
        """Whether there are too many rows, by looking closer: at what parts two of them, then at what is no text."""
        data = b"".join(self._pieces)
        if self._file:
            self._file.seek(0)
            data = self._file.read() + data
        if self._format == "csv":
            return sum(part.count(b"\n") for part in data.split(b'"')[::2]) - 1 > self._most_rows
        between = data.count(b"},{")
        return between >= self._most_rows and len(re.findall(rb"[\[,]\{", _STRING.sub(b"", data))) > self._most_rows

    def _too_many(self) -> TooLargeError:
        return TooLargeError(f"has more than {self._most_rows} rows")


def counted(triples: Iterable[T], most: int) -> Iterator[T]:
    """The triples; `TooLargeError` at the one that is too many."""
    for number, triple in enumerate(triples, 1):
        if number > most:
            raise TooLargeError(f"has more than {most} triples")
        yield triple
