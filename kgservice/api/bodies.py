"""Request bodies: read within bounds, and as strict JSON."""

import json
import re
from typing import Any

from flask import request
from werkzeug.wsgi import get_input_stream

from kgservice.errors import Malformed, TooLarge, UnsupportedBody
from kgservice.model.json_objects import each_key_once, whole

DOCUMENT_MAX = 1024 * 1024
"""Bytes of a JSON document."""

NESTING_MAX = 64
"""Levels of a JSON document; a term has seven."""

_NESTED = (dict, list)

_SURROGATE = re.compile(rb"\\u[dD]")


def require_plain() -> None:
    """Raise `UnsupportedBody` if the body is compressed: a small one can become immense."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedBody(f"the body has the content encoding {encoding[:50]!r}; send it as it is")


def read_body(limit: int) -> bytes:
    """The whole body; `TooLarge` if there is more than the limit, however it is sent."""
    require_plain()
    if (request.content_length or 0) > limit:
        raise TooLarge(f"the body has {request.content_length} bytes; {limit} are allowed")
    body = get_input_stream(request.environ).read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"the body is longer than {limit} bytes")
    return body


def read_document(*media_types: str) -> dict[str, Any]:
    """The body as one JSON object, sent as one of the media types."""
    if request.mimetype not in media_types:
        raise UnsupportedBody(f"send the body as {' or '.join(media_types)}")
    body = read_body(DOCUMENT_MAX)
    try:
        document = json.loads(body.decode(), object_pairs_hook=each_key_once, parse_int=whole, parse_constant=_refuse)
        if _SURROGATE.search(body):  # an escape, since UTF-8 has none
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Malformed("the body has half of a surrogate pair, which is no character") from None
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise _too_deep() from None
    if not _is_shallow(document):
        raise _too_deep()
    if not isinstance(document, dict):
        raise Malformed("the body is not a JSON object")
    return document


def _is_shallow(document: object) -> bool:
    """Whether a JSON document is nested no deeper than it may be."""
    level = [document]
    for _ in range(NESTING_MAX):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, _NESTED))
        level = [value for values in inner for value in values if isinstance(value, _NESTED)]
        if not level:
            return True
    return False


def _too_deep() -> Malformed:
    return Malformed(f"the body is nested more than {NESTING_MAX} levels deep")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")
