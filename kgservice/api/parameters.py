"""Query parameters: their form and bounds, as marshmallow schemas.

Unknown ones are refused under `/api/v1` (`unknown=RAISE` there); pages pass over them: trackers add some to links.
"""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from webargs.fields import DelimitedList

from kgservice.api.representations import TERM_FIELDS
from kgservice.diagrams.mermaid import DIRECTIONS
from kgservice.model.languages import ASKED_MAX, TAG_MAX
from kgservice.model.slugs import SLUG_MAX, is_slug
from kgservice.model.terms import NEIGHBOUR_KINDS, STATUSES
from kgservice.services.neighbourhoods import DEFAULT_KINDS, DEPTH_MAX, LIMIT_DEFAULT, LIMIT_MAX

Arguments = dict[str, Any]


def _between(low: int, high: int) -> validate.Range:
    return validate.Range(low, high, error="{input} is not from {min} to {max}")


def _length(most: int, what: str) -> validate.Length:
    return validate.Length(1, most, error=f"names none, or more than {most} {what}")


def _one_of(choices: Sequence[str]) -> validate.OneOf:
    return validate.OneOf(choices, error="{input!r} is not one of {choices}")


def _slug(value: str) -> None:
    if not is_slug(value):
        raise ValidationError(f"{value[:SLUG_MAX]!r} is not a slug")


class Nothing(Schema):
    """No parameter at all."""


class Lang(Schema):
    """`lang`, which every answer with texts has."""

    lang = fields.String(validate=_length(ASKED_MAX * (TAG_MAX + 1), "characters"))


SLUGS_MAX = 100
"""Terms that can be asked for by slug at once."""


class TermList(Lang):
    """A page of terms."""

    after = fields.String(load_default="", validate=_slug)
    limit = fields.Integer(load_default=50, validate=_between(1, 200))
    topic = fields.String(validate=_slug)
    status = fields.String(validate=_one_of(STATUSES))
    slug = DelimitedList(
        fields.String(validate=_slug),
        validate=_length(SLUGS_MAX, "terms"),
    )
    chosen = DelimitedList(
        fields.String(validate=_one_of(("*", *TERM_FIELDS))),
        validate=_length(len(TERM_FIELDS) + 1, "fields"),
        data_key="fields",
    )


class Around(Lang):
    """A neighbourhood."""

    depth = fields.Integer(load_default=1, validate=_between(1, DEPTH_MAX))
    edges = DelimitedList(
        fields.String(validate=_one_of(NEIGHBOUR_KINDS)),
        load_default=list(DEFAULT_KINDS),
        validate=_length(len(NEIGHBOUR_KINDS), "kinds"),
    )
    limit = fields.Integer(load_default=LIMIT_DEFAULT, validate=_between(1, LIMIT_MAX))


class Diagram(Around):
    """A diagram."""

    direction = fields.String(load_default=DIRECTIONS[0], validate=_one_of(DIRECTIONS))
    labels = fields.String(load_default="title", validate=_one_of(("title", "slug")))
    links = fields.String(load_default="absolute", validate=_one_of(("absolute", "relative", "none")))


class PageList(Lang):
    """A page of a list."""

    after = fields.String(load_default="", validate=_slug)
