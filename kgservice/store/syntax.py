"""Where a SPARQL text goes wrong, and how: the engine's errors do not say it.

Its parser tries a word against as many characters as the word has, and reports where those end. So the place that it
names is up to a word too far on, and what it expected there are the words that happened to reach farthest. But where
all goes well up to a long gap and what stands behind that is nonsense, it names the nonsense. So the fault is behind
the longest beginning of the query that is told so.
"""

import re
import time
from collections.abc import Iterator
from typing import NamedTuple

import pyoxigraph as ox

from kgservice.rdf.prologue import BLANK, PROLOGUE

WORD_MAX = 16
"""Characters that the engine's place may be behind the true one: more than its longest word (ENCODE_FOR_URI) has."""

SECONDS_MAX = 0.5
"""Seconds that are spent on looking; of a long query that is slow to parse the engine's place is told."""

QUOTED_MAX = 40
"""Characters of the query that are quoted."""

EXPECTED_MAX = 8
"""Kinds of things that are named as fitting; where more fit, the list helps nobody."""

_GAP = "\n" * (WORD_MAX + 1)
_NONSENSE = "\x01"

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_LISTED = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\']|\'(?:[^\'\\]|\\.[^\']*)\')*\]|[^,\["]+')
_WITHIN_WORD = re.compile(r"(?<=\w)(?=[\w:])|(?<=:)(?=\w)")
_TOKEN = re.compile(
    r"""<[^<>"{}\s]*+> | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' | [?$@]?[\w:.-]*[\w:] | <[^<>\s]*+>? | .""",
    re.VERBOSE,
)

_KINDS = {
    "a variable": ("?", "$"),
    "an IRI": ("<",),
    "a literal": ("'", '"', "true", "false"),
    "a number": ("['0'..='9']",),
    "a blank node": ("_:",),
    **{f"'{sign}'": (sign,) for sign in "*(){}[].,;"},
}
"""What may stand at a place, by the signs that the engine lists for it. Signs of other languages than SPARQL 1.1 are
of no kind."""

_BAD_IRI = "IRI parsing failed"

_OF_A_TOKEN = {
    "Prefix not found": "has a prefix that is not declared; add a PREFIX line for it",
    _BAD_IRI: "is not a valid IRI; spaces and some signs have to be written as %20 and so on",
}
_OF_THE_QUERY = {
    "The SELECT contains a variable that is unbound": (
        "SELECT has a variable that GROUP BY leaves out; group by it, or put it into an aggregate such as SAMPLE"
    ),
    "The SELECT overrides an existing variable using an expression": (
        "SELECT gives a value to a variable that has one already; choose another name after AS"
    ),
    "BIND is overriding an existing variable": (
        "BIND gives a value to a variable that has one already; choose another name after AS"
    ),
    "SELECT * is not authorized with GROUP BY": "SELECT * cannot go with GROUP BY; name the variables",
}
"""Faults that the engine names among what it expected, and what to do."""


class _Error(NamedTuple):
    line: int
    column: int
    listed: tuple[str, ...]

    def fault(self) -> str | None:
        """What the engine says is wrong, where it is more than a word or sign that does not fit."""
        return next((one for one in self.listed if " " in one and one[0] not in '"['), None)

    def kinds(self) -> list[str]:
        """What would have fitted."""
        signs = {re.sub(r"\\(.)", r"\1", one[1:-1]) if one[0] == '"' else one for one in self.listed}
        if "=" in signs:  # behind an expression, that may go on with any operator
            return []
        found = [kind for kind, of_kind in _KINDS.items() if signs.intersection(of_kind)]
        return [kind for kind in found if kind != "'.'" or "a number" not in found]  # it may begin one


def explained(query: str, message: str, base: str) -> str:
    """The engine's message about a query as `syntax error at line 1, column 9: …`: what stands there, what to do."""
    error = _read(message)
    if error is None:
        return message
    at = _place(query, error, base)
    if at is None:
        return f"syntax error near line {error.line}, column {error.column}"
    fitting = _fitting(query[:at], base)
    fault = error.fault() or (fitting.fault() if fitting else None)
    start = BLANK.match(query, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    if fault == _BAD_IRI:
        start = max(query.rfind("<", 0, at + 1), 0)
    line, column = query.count("\n", 0, start) + 1, start - query.rfind("\n", 0, start)
    told = _of_fault(query, start, fault) if fault else _of_token(query, start, fitting.kinds() if fitting else [])
    return f"syntax error at line {line}, column {column}: {told}"


def _of_fault(query: str, start: int, fault: str) -> str:
    if fault in _OF_A_TOKEN:
        return f"{_quoted(query, start)} {_OF_A_TOKEN[fault]}"
    return _OF_THE_QUERY.get(fault, fault)


def _of_token(query: str, start: int, kinds: list[str]) -> str:
    """What is wrong with what stands at a place."""
    if start == len(query):
        what = "the query ends too early"
        if "'}'" in kinds:
            return f"{what}; a '}}' is missing"
    elif PROLOGUE.fullmatch(query, 0, start):
        return f"{_quoted(query, start)} begins no query; SELECT, ASK, CONSTRUCT or DESCRIBE does, after PREFIX lines"
    elif _quoted(query, start) in ("'", '"'):
        return f"the sign {query[start]} opens a string that does not close in its line"
    else:
        what = f"{_quoted(query, start)} does not fit here"
    if not 0 < len(kinds) <= EXPECTED_MAX:
        return what
    return f"{what}; expected {', '.join(kinds[:-1])}{' or ' if kinds[1:] else ''}{kinds[-1]}"


def _quoted(query: str, start: int) -> str:
    """What stands at a place, in quotation marks, cut if it is long."""
    token = _TOKEN.match(query, start)
    text = token[0] if token else ""
    if not text.isprintable():
        text = ascii(text)[1:-1]
    text = text if len(text) <= QUOTED_MAX else f"{text[:QUOTED_MAX]}…"
    return text if text[:1] in ("'", '"') else f"'{text}'"


def _place(query: str, error: _Error, base: str) -> int | None:
    """Where what fits ends; None if that is not found."""
    last = _offset(query, error)
    end = time.monotonic() + SECONDS_MAX
    for at in _places(query, last):
        if _fits(query[:at], base):
            return at
        if time.monotonic() > end:
            return None
    return 0 if last <= WORD_MAX else None


def _places(query: str, last: int) -> Iterator[int]:
    """Where the fault may be, the last first: not within words."""
    for at in range(last, max(0, last - WORD_MAX), -1):
        if not _WITHIN_WORD.match(query, at):
            yield at


def _offset(query: str, error: _Error) -> int:
    start = 0
    for _ in range(error.line - 1):
        start = query.find("\n", start) + 1
    return min(start + error.column - 1, len(query))


def _fits(beginning: str, base: str) -> bool:
    """Whether something of a query fits behind its beginning. It is never run: behind it stands nonsense."""
    text = beginning + _GAP
    error = _error(text + _NONSENSE, base)
    return error is not None and error.line > text.count("\n")


def _fitting(beginning: str, base: str) -> _Error | None:
    """An error that lists what fits behind the beginning of a query, as far as that can be had without running it."""
    error = _error(beginning + _GAP + _NONSENSE, base)
    opened, closed = map(beginning.count, "{}")
    if error and error.column > 1 and (opened > closed or not opened):  # then it is no whole query
        return _error(beginning + _GAP, base)  # which hides no signs behind words
    return error


def _error(query: str, base: str) -> _Error | None:
    """The engine's error about a text; None if it is a whole query."""
    try:
        ox.Store().query(query, base_iri=base)
    except SyntaxError as error:
        return _read(str(error))
    return None


def _read(message: str) -> _Error | None:
    found = _PLACE.fullmatch(message)
    if found is None:
        return None
    listed = (one.strip() for one in _LISTED.findall(found[3]))
    return _Error(int(found[1]), int(found[2]), tuple(one for one in listed if one))
