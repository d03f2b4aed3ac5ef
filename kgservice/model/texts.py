"""Which text the model accepts, and how text from elsewhere is brought to that form."""

import re
import unicodedata

LABEL_MAX = 500
"""Longest label, in characters."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BREAK = re.compile("[\t\n\u2028\u2029]")


def clean_text(value: str) -> str:
    """The value in NFC, with line ends as `\\n`, no byte order marks and no white space around it."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")).strip()


def clean_label(value: str) -> str:
    """The value as `clean_text` makes it, each tab or line break a space."""
    return _BREAK.sub(" ", clean_text(value))


def visible_text(value: str) -> str:
    """The value as a page can repeat it: without control characters and marks of direction, line breaks as spaces."""
    return _BREAK.sub(" ", _BIDI.sub("", _CONTROL.sub("", value)))


def text_fault(value: str, *, label: bool) -> str | None:
    """What keeps the value from being a text (or a label) of the model; None if nothing does."""
    if not value or value != value.strip():
        return "is empty" if not value.strip() else "has white space around it"
    plain = value.isprintable()  # nothing that is refused is, and most texts are: it takes a fraction of the searches
    found = None if plain else _CONTROL.search(value)
    if found:
        return f"has the character U+{ord(found.group()):04X}, which is not allowed in text"
    if not unicodedata.is_normalized("NFC", value):
        return "is not in Unicode normal form C"
    if label and len(value) > LABEL_MAX:
        return f"has {len(value)} characters; a label has at most {LABEL_MAX}"
    return _label_fault(value) if label and not plain else None


def _label_fault(value: str) -> str | None:
    if _BIDI.search(value):
        return "has a bidirectional control character, which is not allowed in a label"
    if _BREAK.search(value):
        return "has a tab or a line break, which is not allowed in a label"
    return None
