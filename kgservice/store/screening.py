"""What of a foreign file is refused while a parser reads it: what that would hold whole, whatever memory that takes.

Parsers hold a word, and what is nested or listed, until it has come to an end. The text goes by here in pieces and is
not held. What else is malformed is left to the parsers. Of JSON-LD the engine holds each object of the outermost array
whole: many values of one property are not counted here, they are what files with one large object legitimately have.
"""

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 256 * 1024
"""Bytes of a file that are looked at together."""

WORD_MAX = 2 * 1024 * 1024
"""Characters of a text, an IRI or a comment; a document over HTTP has one megabyte."""

XML_MAX = 3 * WORD_MAX
"""Bytes of RDF/XML from tag to tag: a character may take several, and an `&` takes five."""

NESTING_MAX = 500
"""Elements, objects, arrays or brackets inside one another. For RDF/XML the engine's time grows with the square, and it
reads JSON-LD by recursion, which ends the process at some thousands; in Turtle each takes half a kilobyte."""

LIST_MAX = 10_000
"""Items of a list in RDF/XML, or in JSON-LD by the key `@list`. In Turtle the engine hands them out one by one, and
elsewhere at the end of the object: they are counted then, as triples that blank nodes connect."""


class Refused(SyntaxError):
    """What is not read, although it may be well-formed: the text says where and why."""


def screened(path: Path, format: str) -> Iterator[str]:
    """The text of a file in pieces, each of them looked at; `Refused` if it is no UTF-8, too long or too deep."""
    return _SCREENS[format](_pieces(path))


class Screened(io.RawIOBase):
    """The bytes of a file for a parser that reads them while they are looked at; reading may raise `Refused`."""

    def __init__(self, path: Path, format: str) -> None:
        self._pieces = screened(path, format)
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """It is, as far as it is not refused."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Give as much as there is of a piece; nothing at the end."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = memoryview(piece.encode())
        given = self._held[: len(memoryview(buffer))]
        memoryview(buffer)[: len(given)] = given
        self._held = self._held[len(given) :]
        return len(given)


def _pieces(path: Path) -> Iterator[str]:
    """The text of a file bit by bit, and nothing at last."""
    decode, line, more = codecs.getincrementaldecoder("utf-8-sig")().decode, 1, True
    with path.open("rb") as file:
        while more:
            data = file.read(PIECE)
            more = bool(data)
            try:
                text = decode(data, final=not more)
            except UnicodeDecodeError as error:
                line += error.object.count(b"\n", 0, error.start)
                raise Refused(f"line {line}: byte {error.object[error.start]:#04x} is not UTF-8") from None
            line += text.count("\n")
            yield text


def _too_deep(line: int) -> Refused:
    return Refused(f"line {line}: nested more than {NESTING_MAX} deep; give what is inside IRIs and list it flat")


def _too_long(line: int, most: str = f"{WORD_MAX} characters") -> Refused:
    return Refused(f"line {line}: here begins what is over {most} long, or is not closed; shorten it")


def _too_many(line: int) -> Refused:
    return Refused(f"line {line}: a list of more than {LIST_MAX} items; blank nodes connect them, so shorten it")


# --- Turtle and N-Triples --------------------------------------------------------------------------------------------

# What is not closed goes to the end: looked for anew from each quote in it, that would take the square.
_WORDS = re.compile(
    r'"""(?:[^"\\]+|\\(?:.|\Z)|"{1,2}(?!"))*+(?:""")?'
    r"|'''(?:[^'\\]+|\\(?:.|\Z)|'{1,2}(?!'))*+(?:''')?"
    r'|"(?:[^"\\\n\r]+|\\(?:.|\Z))*+"?'
    r"|'(?:[^'\\\n\r]+|\\(?:.|\Z))*+'?"
    r'|<<|>>|<[^<>"{}|^`\x00-\x20]*+>?|#[^\n\r]*+|\\(?:.|\Z)|[\[\]()]',
    re.DOTALL,
)
_CHANGE = re.compile(r"\S\s|\s\S", re.ASCII)
_DEEPER = {"[": 1, "(": 1, "<<": 1, "]": -1, ")": -1, ">>": -1}


def _screen_turtle(pieces: Iterable[str]) -> Iterator[str]:
    depth, line, begun, even = 0, 1, "", 0
    for piece in pieces:
        text = begun + piece
        begun = ""
        even = 0 if _CHANGE.search(piece) else even + len(piece)
        for found in _WORDS.finditer(text):
            if found.end() == len(text) and piece:  # it may go on in the next piece
                begun = found[0]
            else:
                depth += _DEEPER.get(found[0], 0)
                if depth > NESTING_MAX:
                    raise _too_deep(line + text.count("\n", 0, found.start()))
        line += text.count("\n", 0, len(text) - len(begun))
        if max(len(begun), even) > WORD_MAX:
            raise _too_long(line)
        yield piece


# --- RDF/XML ---------------------------------------------------------------------------------------------------------

_DECLARED = re.compile("<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class _Elements:
    """Follows the tags of an XML file."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self._taken = 0
        self._last = (0, 1)
        """Byte and line of the last tag."""
        self._items: list[float] = []
        """For each open element how many items it has as a list; of what is no list, less than any number."""

    def take(self, piece: str) -> None:
        """Go on; an empty piece is the end."""
        data = piece.encode()
        self._taken += len(data)
        try:
            self.parser.Parse(data, not data)
        except expat.ExpatError as error:
            raise Refused(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
        self._require_near(self._taken)

    def _require_near(self, byte: int) -> None:
        if byte - self._last[0] > XML_MAX:
            raise _too_long(self._last[1], f"{XML_MAX} bytes")

    def _tag(self) -> None:
        self._require_near(self.parser.CurrentByteIndex)
        self._last = self.parser.CurrentByteIndex, self.parser.CurrentLineNumber

    def _start(self, _: str, attributes: dict[str, str]) -> None:
        self._tag()
        if self._items:
            self._items[-1] += 1
            if self._items[-1] > LIST_MAX:
                raise _too_many(self.parser.CurrentLineNumber)
        listed = any(name.endswith("parseType") and value == "Collection" for name, value in attributes.items())
        self._items.append(0 if listed else float("-inf"))
        if len(self._items) > NESTING_MAX:
            raise _too_deep(self.parser.CurrentLineNumber)

    def _end(self, _: str) -> None:
        self._tag()
        self._items.pop()


def _screen_xml(pieces: Iterable[str]) -> Iterator[str]:
    elements, line, begun = _Elements(), 1, ""
    for piece in pieces:
        text = begun + piece  # a declaration may stand across two pieces
        if found := _DECLARED.search(text):
            line += text.count("\n", 0, found.start())
            raise Refused(f"line {line}: document type and entity declarations are not read; write the IRIs out")
        begun = text[-8:]
        line += text.count("\n", 0, len(text) - len(begun))
        elements.take(piece)
        yield piece


# --- JSON-LD ---------------------------------------------------------------------------------------------------------

_ESCAPES = re.compile(r"(?:\\.)++", re.DOTALL)
_BRACKETS = re.compile(r"[\[{\]},]")


class _Brackets:
    """Follows what stands between the strings of a JSON file."""

    def __init__(self) -> None:
        self.line = 1
        self.listing = False
        """Whether the key @list stands before what comes next."""
        self._items: list[float] = []
        """For each open bracket how many commas it has had as a list; of what is no list, less than any number."""

    def take(self, text: str) -> None:
        """Go on."""
        for found in _BRACKETS.finditer(text):
            listing, self.listing = self.listing, False
            if found[0] in "[{":
                self._items.append(0 if listing else float("-inf"))
                if len(self._items) > NESTING_MAX:
                    raise _too_deep(self.line + text.count("\n", 0, found.start()))
            elif self._items and found[0] == ",":
                self._items[-1] += 1
                if self._items[-1] >= LIST_MAX:
                    raise _too_many(self.line + text.count("\n", 0, found.start()))
            elif self._items:
                self._items.pop()
        self.line += text.count("\n")


def _screen_json(pieces: Iterable[str]) -> Iterator[str]:
    brackets, begun, quotes, string, even = _Brackets(), "", 0, "", 0
    for piece in pieces:
        plain = _ESCAPES.sub("", begun + piece)
        begun = plain[-1:] if plain.endswith("\\") else ""  # an escape may stand across two pieces
        parts = plain.removesuffix("\\").split('"')
        even = even + len(piece) if len(parts) == 1 and (quotes % 2 or not _BRACKETS.search(piece)) else 0
        if even > WORD_MAX:
            raise _too_long(brackets.line)
        for place, part in enumerate(parts):
            quotes += place > 0
            if quotes % 2:
                string = part if place else string + part
                brackets.listing = string == "@list"
            else:
                brackets.take(part)
        yield piece


_SCREENS: dict[str, Callable[[Iterable[str]], Iterator[str]]] = {
    "ttl": _screen_turtle,
    "nt": _screen_turtle,
    "rdf": _screen_xml,
    "jsonld": _screen_json,
    "json": _screen_json,
    "glosario": iter,
    "csv": iter,
}
