"""Query strings: percent-encoded bytes that should be UTF-8, and what becomes of those that are not."""

from urllib.parse import parse_qsl, unquote_to_bytes

from flask import Request as FlaskRequest
from werkzeug.datastructures import MultiDict
from werkzeug.utils import cached_property


class Request(FlaskRequest):
    """A request whose parameters are text throughout: what is not UTF-8 in them is U+FFFD.

    Flask leaves it as its percent escape, so that a search for `%FF` finds what has "ff".
    """

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The parameters of the address."""
        query = self.query_string.decode(errors="replace")
        return self.parameter_storage_class(parse_qsl(query, keep_blank_values=True, errors="replace"))


def not_utf8(query_string: bytes) -> list[str]:
    """The names of the parameters that are not UTF-8 in name or value."""
    if _is_utf8(query_string):  # `&` and `=` are no part of a longer character, so the whole tells of each
        return []
    bad = (part for part in query_string.split(b"&") if not _is_utf8(part))
    return [unquote_to_bytes(part.partition(b"=")[0]).decode(errors="replace") for part in bad]


def _is_utf8(quoted: bytes) -> bool:
    try:
        unquote_to_bytes(quoted).decode()
    except UnicodeDecodeError:
        return False
    return True
