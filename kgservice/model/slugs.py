"""Slugs: the name of a term in addresses. Lower-case ASCII letters and digits in groups joined by single hyphens.

They never need percent-encoding: Mermaid 11 and later undoes it in links.
"""

import re
import unicodedata

SLUG_MAX = 100
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
"""A slug as a pattern for both Python and JSON Schema."""

SLUG_RULE = f"lower-case letters, digits, single hyphens, {SLUG_MAX} characters at most"
"""The same in words."""

_OTHER = re.compile(r"[^a-z0-9]+")


def is_slug(value: str) -> bool:
    """Whether the value is a slug as it stands."""
    return len(value) <= SLUG_MAX and re.fullmatch(SLUG, value) is not None


def not_a_slug(value: str) -> str:
    """What is wrong with a value that is no slug."""
    return f"{value[:SLUG_MAX]!r} is not a slug: {SLUG_RULE}"


def slugify(value: str) -> str:
    """The nearest slug to a label or an identifier; empty where no letter or digit is left (as for Japanese)."""
    folded = unicodedata.normalize("NFKD", value.casefold())
    return _OTHER.sub("-", "".join(c for c in folded if not unicodedata.combining(c))).strip("-")[:SLUG_MAX].strip("-")
