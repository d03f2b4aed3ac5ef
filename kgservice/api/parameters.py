"""Query parameters: their form and bounds, as marshmallow schemas.

Unknown ones are refused under `/api/v1` (`unknown=RAISE` there); pages pass over them: trackers add some to links.
"""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from webargs.fields import DelimitedList

from kgservice.api.representations import TERM_FIELDS
from kgservice.api.schemas import SLUG_SCHEMA
from kgservice.diagrams.mermaid import DIRECTIONS
from kgservice.model.languages import ASKED_MAX, TAG_MAX
from kgservice.model.slugs import SLUG, SLUG_MAX
from kgservice.model.terms import NEIGHBOUR_KINDS, STATUSES
from kgservice.services.neighbourhoods import DEFAULT_KINDS, DEPTH_MAX, LIMIT_DEFAULT, LIMIT_MAX
from kgservice.services.paths import GOALS_MAX, KNOWN_MAX
from kgservice.services.searching import QUERY_MAX

Arguments = dict[str, Any]

SLUG_IN_PATH = {
    "in": "path",
    "name": "slug",
    "schema": SLUG_SCHEMA,
    "description": "The term's slug.",
    "example": "networking",
}
"""How a slug in the path is described."""

_TAG = "[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))?"
_TAGS = f"{_TAG}(, ?{_TAG}){{0,{ASKED_MAX - 1}}}"
"""The lists of tags that are published. `parse_lang` has the last word: it takes extensions and private parts, too."""

LANG_MAX = ASKED_MAX * (TAG_MAX + 2)
"""Characters of a list of languages."""


class Shape(validate.Regexp):
    """A pattern that the whole value has; `$` alone would pass over a line break at the end."""

    def __call__(self, value: Any) -> Any:
        """The value; `ValidationError` if it does not have the shape."""
        if not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


class Whole(fields.Integer):
    """A whole number in plain digits; Python's `int` reads `1_0` and digits of other scripts, too."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not (isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


def _between(low: int, high: int) -> validate.Range:
    return validate.Range(low, high, error="{input} is not from {min} to {max}")


def _length(most: int, what: str) -> validate.Length:
    return validate.Length(1, most, error=f"names none, or more than {most} {what}")


def _one_of(choices: Sequence[str]) -> validate.OneOf:
    return validate.OneOf(choices, error="{input!r} is not one of {choices}")


def _slug(**more: Any) -> fields.String:
    shape = Shape(f"^{SLUG}$", error="{input!r:.102} is not a slug")
    return fields.String(validate=[validate.Length(1, SLUG_MAX, error="is empty or too long"), shape], **more)


def _lang(pattern: str, about: str) -> fields.String:
    most = validate.Length(1, LANG_MAX, error="is empty, or has more than {max} characters")
    return fields.String(validate=most, metadata={"description": about, "pattern": pattern})


class Nothing(Schema):
    """No parameter at all."""


class Lang(Schema):
    """`lang`, which every answer of the API with texts has."""

    lang = _lang(
        rf"^(\*|{_TAGS})$",
        "Language tags, best first (`ja` or `de,en`), or `*` for every language at once. What they lack falls back to "
        "the glossary's languages in their order, and says so. Without it `Accept-Language` counts.",
    )


class PageLang(Schema):
    """`lang` where one text of each field is shown."""

    lang = _lang(
        f"^{_TAGS}$",
        "Language tags, best first (`ja` or `de,en`). What they lack falls back to the glossary's languages in their "
        "order. Without it `Accept-Language` counts.",
    )


SLUGS_MAX = 100
"""Terms that can be asked for by slug at once."""


class TermList(Lang):
    """A page of terms."""

    after = _slug(load_default=str, metadata={"description": "The slug after which the page starts."})
    limit = Whole(load_default=50, validate=_between(1, 200))
    topic = _slug(metadata={"description": "Only the terms of this topic."})
    status = fields.String(
        validate=_one_of(STATUSES),
        metadata={"description": "Only terms whose edition in the language asked for (any, without `lang`) has it."},
    )
    slug = DelimitedList(
        _slug(),
        validate=_length(SLUGS_MAX, "terms"),
        metadata={"description": "Only these terms; those that do not exist are left out."},
    )
    chosen = DelimitedList(
        fields.String(validate=_one_of(("*", *TERM_FIELDS))),
        validate=_length(len(TERM_FIELDS) + 1, "fields"),
        data_key="fields",
        metadata={"description": "What to tell of each term; `*` for whole terms."},
    )


class Reach(Schema):
    """How much of a neighbourhood."""

    depth = Whole(
        load_default=1,
        validate=_between(1, DEPTH_MAX),
        metadata={"description": "Edges from the centre to the farthest term."},
    )
    edges = DelimitedList(
        fields.String(validate=_one_of(NEIGHBOUR_KINDS)),
        load_default=lambda: list(DEFAULT_KINDS),
        validate=_length(len(NEIGHBOUR_KINDS), "kinds"),
        metadata={"description": f"The kinds of edges to follow; without it {', '.join(DEFAULT_KINDS)}."},
    )
    limit = Whole(
        load_default=LIMIT_DEFAULT,
        validate=_between(1, LIMIT_MAX),
        metadata={"description": "Most terms beside the centre."},
    )


class Around(Lang, Reach):
    """A neighbourhood."""


class Diagram(PageLang, Reach):
    """A diagram."""

    direction = fields.String(load_default=DIRECTIONS[0], validate=_one_of(DIRECTIONS))
    labels = fields.String(load_default="title", validate=_one_of(("title", "slug")))
    links = fields.String(load_default="absolute", validate=_one_of(("absolute", "relative", "none")))


class Query(Lang):
    """A search."""

    q = fields.String(
        required=True,
        validate=validate.Length(1, QUERY_MAX, error="is empty, or has more than {max} characters"),
        metadata={"description": "What to look for, in any language and script.", "example": "ネット"},
    )
    limit = Whole(load_default=20, validate=_between(1, 200), metadata={"description": "Most terms."})


class Typed(Query):
    """What was typed so far."""

    limit = Whole(load_default=10, validate=_between(1, 50), metadata={"description": "Most terms."})


def _slugs(fewest: int, most: int, about: str, **more: Any) -> DelimitedList:
    """Slugs of terms. What is no slug is told with the slugs that no term has."""
    one = fields.String(validate=validate.Length(0, SLUG_MAX), metadata={"pattern": f"^({SLUG})?$"})
    length = validate.Length(fewest, most, error="names none, or more than {max} terms")
    return DelimitedList(one, validate=length, metadata={"description": about}, **more)


class Known(Schema):
    """What a learner knows."""

    known = _slugs(0, KNOWN_MAX, "Slugs of the terms that the learner knows.", load_default=list)


class Path(Lang, Known):
    """A learning path."""

    to = _slugs(1, GOALS_MAX, "Slugs of the terms to learn, in order.", required=True)


class Next(Lang, Known):
    """A page of what can be learned next."""

    after = _slug(load_default=str, metadata={"description": "The slug after which the page starts."})
    limit = Whole(load_default=50, validate=_between(1, 200))


class PathDiagram(PageLang, Known):
    """A diagram of a learning path."""

    direction = fields.String(load_default=DIRECTIONS[0], validate=_one_of(DIRECTIONS))
    labels = fields.String(load_default="title", validate=_one_of(("title", "slug")))
    links = fields.String(load_default="absolute", validate=_one_of(("absolute", "relative", "none")))


class PageList(PageLang):
    """A page of a list."""

    after = _slug(load_default=str)
