"""What a picture says itself, beside the titles of terms. Who draws passes it in, in the language of the picture."""

from typing import NamedTuple


class Words(NamedTuple):
    """The words in one language; `{}` in `more` is a number."""

    lang: str
    more: str
    not_found: str
    nothing_left: str


ENGLISH = Words("en", "+{} more", "Term not found", "Nothing is left to learn")
