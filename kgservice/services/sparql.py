"""What a SPARQL query has to pass before a query process sees it.

The scan comes on top of the sandbox, never instead of it: it turns what would be killed or cut off there into an
answer that says why.
"""

import re

from kgservice.config import QUERY_MAX_BYTES
from kgservice.errors import QueryRefused, TooLarge

NESTING_MAX = 100
"""How deep brackets of any kind may be nested."""

# Every alternative takes what it can and gives nothing back, so that the scan is linear in any text. What is not closed
# reaches to the end of its line: the engine refuses such a text anyway.
_TOKEN = re.compile(
    r"""
      <[^<>"{}|^`\\\x00-\x20]*+>                                    # an IRI
    | \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")?+                    # strings
    | \'\'\'(?:[^'\\]|\\.|'(?!''))*+(?:\'\'\')?+
    | "(?:[^"\\\n\r]|\\.)*+"?+
    | '(?:[^'\\\n\r]|\\.)*+'?+
    | \#[^\n\r]*+                                                   # a comment
    | [?$]\w++                                                      # a variable
    | @[A-Za-z]++(?:-[A-Za-z0-9]++)*+                               # a language tag
    | :(?:[\w.:%-]|\\.)*+                                           # a local name
    | (?P<word>\w++)
    | (?P<open>[({\[]) | (?P<close>[)}\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_PREFIX = re.compile(r"[\w.-]*+:")
_GOING_OUT = frozenset(("SERVICE", "LOAD"))


def require_runnable(query: str) -> None:
    """Raise `TooLarge` or `QueryRefused` for a query that is too long, too deep, or goes out to the network."""
    size = len(query.encode())
    if size > QUERY_MAX_BYTES:
        raise TooLarge(f"the query has {size} bytes; {QUERY_MAX_BYTES} are allowed")
    depth = 0
    token = _TOKEN.search(query)
    while token:
        end = token.end()
        if token["open"]:
            depth += 1
            if depth > NESTING_MAX:
                raise QueryRefused(f"the query nests brackets deeper than {NESTING_MAX}")
        elif token["close"]:
            depth -= 1
        elif token["word"] and token["word"].upper() in _GOING_OUT:
            prefix = _PREFIX.match(query, end)
            if not prefix:
                word = token["word"].upper()
                raise QueryRefused(f"{word} is not allowed: queries here see this glossary only and reach no network")
            end = prefix.end() - 1  # the word begins the prefix of a name, such as service:a
        token = _TOKEN.search(query, end)
