"""Slugs: the name of a term in addresses. Lower-case ASCII letters and digits in groups joined by single hyphens.

They never need percent-encoding: Mermaid 11 and later undoes it in links.
"""

import re
import unicodedata

SLUG_MAX = 100
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
"""A slug as a pattern for both Python and JSON Schema."""

_OTHER = re.compile(r"[^a-z0-9]+")


def is_slug(value: str) -> bool:
    """Whether the value is a slug as it stands."""
    return len(value) <= SLUG_MAX and re.fullmatch(SLUG, value) is not None


def slugify(value: str) -> str:
    """The nearest slug to a label or an identifier; empty where no letter or digit is left (as for Japanese)."""
    folded = unicodedata.normalize("NFKD", value.casefold())
    return _OTHER.sub("-", "".join(c for c in folded if not unicodedata.combining(c))).strip("-")[:SLUG_MAX].strip("-")
