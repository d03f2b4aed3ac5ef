"""What a SPARQL query has to pass before a query process sees it.

The scan comes on top of the sandbox, never instead of it: it turns what would be killed or cut off there into an
answer that says why.
"""

import re
from dataclasses import dataclass, field

from kgservice.errors import QueryRefused, TooLarge, UpdateRefused
from kgservice.model.limits import Limits
from kgservice.rdf.prologue import PROLOGUE
from kgservice.rdf.vocabulary import ONTOLOGY

NO_UPDATES = "this endpoint answers queries only; the glossary is edited through the API under /api/v1"

# Every alternative takes what it can and gives nothing back, so that the scan is linear in any text. What is not closed
# reaches to the end of its line: the engine refuses such a text anyway. Beyond ASCII all is part of a name, since the
# engine takes nothing else there outside of strings, IRIs and comments.
_LETTER = r"0-9A-Za-z_\x80-\U0010ffff"
_TOKEN = re.compile(
    rf"""
      <[^<>"{{}}|^`\\\x00-\x20]*+>                                    # an IRI
    | \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")?+                    # strings
    | \'\'\'(?:[^'\\]|\\.|'(?!''))*+(?:\'\'\')?+
    | "(?:[^"\\\n\r]|\\.)*+"?+
    | '(?:[^'\\\n\r]|\\.)*+'?+
    | [?$][{_LETTER}]++                                             # a variable
    | @[A-Za-z]++(?:-[A-Za-z0-9]++)*+                               # a language tag
    | :(?:(?:[{_LETTER}:%]|\\.)(?:[{_LETTER}.:%-]|\\.)*+)?+         # a local name; it begins with no dot
    | (?P<comment>\#[^\n\r]*+)
    | (?P<word>[{_LETTER}]++)
    | (?P<open>[({{\[]) | (?P<close>[)}}\]])
    | (?P<joint>[.;,/|^])
    """,
    re.VERBOSE | re.DOTALL,
)
_PREFIX = re.compile(rf"[{_LETTER}.-]*+:")
_THEN_GROUP = re.compile(rf"(?:[{_LETTER}.:%-]|\\.)*+(?:[ \t\n\r]|\#[^\n\r]*+)*+\{{", re.DOTALL)
"""The rest of a name, and a group."""

_BEFORE_NAMES = frozenset(("GRAPH", "FROM", "NAMED", "DESCRIBE"))
"""Words after which the name of a graph or a thing stands before a group."""

_GOING_OUT = frozenset(("SERVICE", "LOAD"))

_UPDATE = re.compile(r"(?:INSERT|DELETE|WITH|CLEAR|CREATE|DROP|ADD|MOVE|COPY)\b", re.IGNORECASE)
"""What an update begins with, apart from LOAD."""

_CHANGING = frozenset(("NOW", "RAND", "UUID", "STRUUID", "BNODE"))
"""Functions whose values differ from one run to the next."""


@dataclass(slots=True)
class Scan:
    """What a scan has seen of a query so far."""

    limits: Limits
    opened: list[str] = field(default_factory=list)
    patterns: int = 0
    steady: bool = True
    """Whether the same graph gives the same answer again."""

    def open(self, bracket: str) -> None:
        """Go into a bracket; a group counts as a pattern."""
        self.opened.append(bracket)
        if len(self.opened) > self.limits.nesting:
            raise QueryRefused(f"the query nests brackets deeper than {self.limits.nesting}")
        if bracket == "{":
            self.count()

    def close(self) -> None:
        """Go out of a bracket."""
        if self.opened:
            self.opened.pop()

    def joint(self, sign: str) -> None:
        """Pass a sign between patterns or steps of a path; commas in an argument list are no such sign."""
        if sign != "," or self.opened[-1:] != ["("]:
            self.count()

    def count(self) -> None:
        """Count a pattern."""
        self.patterns += 1
        if self.patterns > self.limits.patterns:
            raise QueryRefused(f"the query has more than {self.limits.patterns} patterns, path steps and groups")


def scan(query: str, limits: Limits) -> Scan:
    """Raise `TooLarge` or `QueryRefused` for a query that is too long, deep or wide, or goes out to the network.

    `UpdateRefused` for one that is none, but an update.
    """
    size = len(query.encode())
    if size > limits.query_bytes:
        raise TooLarge(f"the query has {size} bytes; {limits.query_bytes} are allowed")
    start = PROLOGUE.match(query).end()  # type: ignore[union-attr]  # it matches nothing, too
    if start == len(query):
        raise QueryRefused("the query is empty; one that gives ten statements is SELECT * { ?s ?p ?o } LIMIT 10")
    if _UPDATE.match(query, start):
        raise UpdateRefused(NO_UPDATES)
    seen = Scan(limits)
    return seen if _is_plain(query, limits) else _looked_through(query, seen)


def _is_plain(query: str, limits: Limits) -> bool:
    """Whether nothing in a text can be wrong, wherever its strings and comments are, so that it need not be read."""
    opened = sum(map(query.count, "({["))
    counted = sum(map(query.count, "{.;,/|^"))
    capitals = query.upper().replace(ONTOLOGY.upper(), "")  # which has one of the words in its name
    return (
        opened <= limits.nesting
        and counted <= limits.patterns
        and not any(word in capitals for word in _CHANGING | _GOING_OUT)
    )


def _looked_through(query: str, seen: Scan) -> Scan:
    before = ""
    token = _TOKEN.search(query)
    while token:
        end = token.end()
        if token["open"]:
            seen.open(token["open"])
        elif token["close"]:
            seen.close()
        elif token["joint"]:
            seen.joint(token["joint"])
        elif token["word"]:
            end = _past_word(seen, query, token["word"].upper(), end, before)
        if not token["comment"]:
            before = token[0].upper()
        token = _TOKEN.search(query, end)
    return seen


def _past_word(seen: Scan, query: str, word: str, end: int, before: str) -> int:
    """Where to go on after a word that ends there. `QueryRefused` if it is one that goes out.

    The engine needs no space between its words, so that 5SERVICE, SERVICESILENT and SERVICEex:a have the word in them,
    too. What tells the last from a name with such a prefix is the group that stands behind it and no name has.
    """
    if any(one in word for one in _CHANGING):
        seen.steady = False
    going_out = next((one for one in _GOING_OUT if one in word), None)
    if going_out:
        prefix = _PREFIX.match(query, end)
        if not prefix or (before not in _BEFORE_NAMES and _THEN_GROUP.match(query, prefix.end())):
            raise QueryRefused(f"{going_out} is not allowed: queries here see this glossary only and reach no network")
        return prefix.end() - 1  # the word begins the prefix of a name, such as service:a
    return end
