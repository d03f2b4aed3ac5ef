"""A query's result on its way out of the engine: counted, capped, in memory while small, in a file once large.

A file costs no more than the socket, keeps the result out of the memory of both processes, and is seldom written to the
disk: its name is gone before that.

Rows of SELECT are counted in the bytes, since asking the engine for them one by one would cost more than writing them:
a mark that no row lacks is counted as pieces pass, and where a text could hold it too, exactly, if it comes to that.
Those of a query that ends in a LIMIT of its own within the cap need no counting.
"""

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, TypeVar

T = TypeVar("T")

PIECE = 256 * 1024
"""Bytes up to which a result is held in memory, and that are sent at a time."""

BUFFER = 64 * 1024
"""Bytes that the writes of the engine are gathered to: it writes a little at a time."""


class TooLargeError(Exception):
    """A result is over a cap; the text says which."""


class SpoolError(Exception):
    """The file of a result cannot be written."""


_MARKS = {"json": (b"{", 3), "xml": (b"<result>", 0), "csv": (b"\n", 1), "tsv": (b"\n", 1)}
"""What each row has, and how often the head has it."""

_EXACT = frozenset(("xml", "tsv"))
"""Formats whose mark is in nothing but rows."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')


_LIMITED = re.compile(
    r"(?:^|[\r\n])[^#\r\n]*[\s})]LIMIT\s*(\d{1,9})\s*(?:\sOFFSET\s*\d+\s*)?(?:#[^\r\n]*)?$", re.IGNORECASE | re.ASCII
)
"""A query whose last words are a LIMIT, in a line that has no comment before it: they are those of the whole query."""


def is_limited(query: str, most_rows: int) -> bool:
    """Whether a query says itself that it has no more rows."""
    found = _LIMITED.search(query, max(0, len(query) - 500))
    return found is not None and int(found[1]) <= most_rows


class Sink(io.RawIOBase):
    """A file for a result to be written to; it takes at most so many bytes and marks of rows."""

    def __init__(
        self, *, spool: str, most_bytes: int, most_rows: int, format: str | None, counting: bool = True
    ) -> None:
        self._spool = spool
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._format = format
        self._mark, head = _MARKS[format] if format and counting else (b"", 0)
        self._left = most_rows + head
        """Marks until there may be too many rows."""
        self._decoder = codecs.getincrementaldecoder("utf-8")() if format == "xml" else None
        self._last = b""
        self._file: io.FileIO | None = None
        self.held = b""
        """The result, while it is not in the file."""
        self.size = 0

    @property
    def spooled(self) -> bool:
        """Whether the result is in the file."""
        return self._file is not None

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, given: Any) -> int:
        """Take a piece of the result. XML is written in ASCII: R reads it so, whatever the headers say."""
        piece = bytes(given)
        if self._decoder:  # a piece may end within a character
            piece = self._decoder.decode(piece).encode("ascii", "xmlcharrefreplace")
        self.size += len(piece)
        if self.size > self._most_bytes:
            raise TooLargeError(f"is larger than {self._most_bytes // 1024} kB")
        if self._mark:
            self._count(piece)
        if self._file or self.size > PIECE:
            self._to_file(piece)
        else:
            self.held += piece
        return len(given)

    def finish(self) -> None:
        """To be called when all is written. Counts exactly if the marks are too many."""
        if self._left < 0 and self._has_too_many():
            raise self._too_many()
        if self._file:
            self._file.close()

    def _count(self, piece: bytes) -> None:
        """Count the marks, also one that begins in the piece before."""
        if len(self._mark) > 1:
            piece = self._last + piece
            self._last = piece[1 - len(self._mark) :]
        self._left -= piece.count(self._mark)
        if self._left < 0 and self._format in _EXACT:
            raise self._too_many()

    def _to_file(self, piece: bytes) -> None:
        try:
            if self._file is None:
                self._file = io.FileIO(self._spool, "w+")
                piece, self.held = self.held + piece, b""
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise SpoolError(str(error)) from error

    def _has_too_many(self) -> bool:
        """Whether there are too many rows, by looking closer: at what parts two of them, then at what is no text."""
        data = self.held
        if self._file:
            self._file.seek(0)
            data = self._file.read()
        if self._format == "csv":
            return sum(part.count(b"\n") for part in data.split(b'"')[::2]) - 1 > self._most_rows
        between = data.count(b"},{")
        return between >= self._most_rows and len(re.findall(rb"[\[,]\{", _STRING.sub(b"", data))) > self._most_rows

    def _too_many(self) -> TooLargeError:
        return TooLargeError(f"has more than {self._most_rows} rows")


def written(sink: Sink, write: Callable[[IO[bytes]], None]) -> Sink:
    """The sink, once all is in it."""
    buffer = io.BufferedWriter(sink, BUFFER)
    write(buffer)
    buffer.flush()
    sink.finish()
    return sink


def counted(triples: Iterable[T], most: int) -> Iterator[T]:
    """The triples; `TooLargeError` at the one that is too many."""
    for number, triple in enumerate(triples, 1):
        if number > most:
            raise TooLargeError(f"has more than {most} triples")
        yield triple
