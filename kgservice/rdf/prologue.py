"""What may stand before a query of SPARQL: white space, comments, BASE and PREFIX."""

import re

_BLANK = r"(?:[ \t\r\n]|\#[^\n\r]*+)"
_IRI = r"<[^<>\"{}|^`\\\x00-\x20]*+>"

BLANK = re.compile(f"{_BLANK}*+")

PROLOGUE = re.compile(
    rf"(?:{_BLANK}|BASE{_BLANK}*+{_IRI}|PREFIX{_BLANK}*+[^\s:<>]*+:{_BLANK}*+{_IRI})*+",
    re.IGNORECASE,
)
"""All of it; it takes what it can and gives nothing back, so that it is linear in any text."""
