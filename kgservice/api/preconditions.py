"""Preconditions: what a write was made from, as `If-Match` and `If-None-Match` say it.

Only the revision in an ETag counts (`r12` of `"r12.15.1.9f86d081"`), so that the ETag of any form and language of the
term serves, a weak one too: proxies weaken ETags.
"""

import re

from flask import request

from kgservice.api.negotiation import HEADER_MAX
from kgservice.errors import Fault, Invalid
from kgservice.services.editing import Precondition

_REVISION = re.compile(r'(?:W/)?"r(\d{1,15})(?:\.[^"]*)?"\Z')


def made_from() -> Precondition:
    """What the headers of this request say that its write was made from."""
    tags = [tag.strip() for tag in request.headers.get("If-Match", "")[:HEADER_MAX].split(",") if tag.strip()]
    absent = request.headers.get("If-None-Match", "").strip()
    if absent and absent != "*":
        raise Invalid([Fault("If-None-Match", "a write takes '*' only: there must be no such term yet")])
    bare = [tag for tag in tags if '"' not in tag and tag != "*"]
    if bare:
        raise Invalid([Fault("If-Match", f"{bare[0][:50]!r} is no ETag: send the header ETag as it came, quotes too")])
    revisions = {int(found[1]) for tag in tags if (found := _REVISION.match(tag))}
    if tags and not revisions and "*" not in tags:
        revisions = {-1}  # an ETag that is none of ours matches no revision
    return Precondition(frozenset(revisions), any="*" in tags, absent=bool(absent))
