"""The parameters and small bodies that each route takes: their shapes and bounds, as marshmallow schemas.

Unknown ones are refused under `/api/v1` (`unknown=RAISE` there); pages pass over them: trackers add some to links.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate
from webargs.fields import DelimitedList

from kgservice.api.forms import Body, Extent, Form, Shape, Whole
from kgservice.api.negotiation import parse_lang
from kgservice.api.representations import TERM_FIELDS
from kgservice.api.schemas import SLUG_SCHEMA, TAG_SCHEMA
from kgservice.diagrams.graph import DIRECTIONS
from kgservice.diagrams.png import SCALES
from kgservice.diagrams.themes import THEMES
from kgservice.errors import Invalid
from kgservice.model.languages import ASKED_MAX, TAG_MAX
from kgservice.model.slugs import SLUG, SLUG_MAX, SLUG_RULE
from kgservice.model.terms import NEIGHBOUR_KINDS, STATUSES
from kgservice.model.texts import text_fault
from kgservice.services.formats import EXPORTED, IMPORTED
from kgservice.services.neighbourhoods import DEFAULT_KINDS, DEPTH_MAX, LIMIT_DEFAULT, LIMIT_MAX
from kgservice.services.paths import GOALS_MAX, KNOWN_MAX
from kgservice.services.searching import QUERY_MAX

Arguments = dict[str, Any]

SEQ_MAX = 10**12
"""No log has as many changes."""

SLUG_IN_PATH = {
    "in": "path",
    "name": "slug",
    "schema": SLUG_SCHEMA,
    "description": "The term's slug.",
    "example": "networking",
}
"""How a slug in the path is described."""


def choice_in_path(name: str, choices: Iterable[str], about: str) -> dict[str, Any]:
    """How a part of the path that is one of a few words is described."""
    return {"in": "path", "name": name, "schema": {"type": "string", "enum": [*choices]}, "description": about}


LANG_IN_PATH = {
    "in": "path",
    "name": "lang",
    "schema": TAG_SCHEMA,
    "description": "The language of the edition.",
    "example": "ja",
}
"""How a language in the path is described."""

_TAG = "[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))?"
_TAGS = f"{_TAG}(, ?{_TAG}){{0,{ASKED_MAX - 1}}}"
"""The lists of tags that are published. `parse_lang` has the last word: it takes extensions and private parts, too."""

LANG_MAX = ASKED_MAX * (TAG_MAX + 2)
"""Characters of a list of languages."""


def _between(low: int, high: int) -> validate.Range:
    return validate.Range(low, high, error="{input} is not from {min} to {max}")


def _length(most: int, what: str = "characters") -> Extent:
    return Extent(1, most, what)


def _one_of(choices: Sequence[str | int]) -> validate.OneOf:
    return validate.OneOf(choices, error="{input!r} is not one of {choices}")


def _choice(choices: Sequence[str], about: str, default: str = "") -> fields.String:
    """One of a few words; the first of them, or another one, where none is given."""
    metadata = {"description": about}
    return fields.String(load_default=default or choices[0], validate=_one_of(choices), metadata=metadata)


def _slug(**more: Any) -> fields.String:
    shape = Shape(f"^{SLUG}$", error=f"{{input!r:.102}} is not a slug: {SLUG_RULE}")
    return fields.String(validate=[_length(SLUG_MAX), shape], **more)


def _lang(pattern: str, about: str) -> fields.String:
    return fields.String(validate=[_length(LANG_MAX), _tags], metadata={"description": about, "pattern": pattern})


def _tags(value: str) -> None:
    if 0 < len(value) <= LANG_MAX and value != "*":  # which only some routes take: they say so
        try:
            parse_lang(value)
        except Invalid as error:
            raise ValidationError([fault.message for fault in error.faults]) from None


class Read(Form):
    """`minSeq`, which every read has: the answer shows that change. It is waited for before (see `sequence.py`)."""

    min_seq = Whole(
        data_key="minSeq",
        validate=_between(0, SEQ_MAX),
        metadata={"description": "A change (`KG-Seq`) that the answer has to show: it is waited for, or 503."},
    )

    @post_load
    def _without_min_seq(self, arguments: Arguments, **_: Any) -> Arguments:
        arguments.pop("min_seq", None)
        return arguments


class Lang(Read):
    """`lang`, which every answer of the API with texts has."""

    lang = _lang(
        rf"^(\*|{_TAGS})$",
        "Language tags, best first (`ja` or `de,en`), or `*` for every language at once. What they lack falls back to "
        "the glossary's languages in their order, and says so. Without it `Accept-Language` counts.",
    )


class PageLang(Form):
    """`lang` where one text of each field is shown."""

    lang = _lang(
        f"^{_TAGS}$",
        "Language tags, best first (`ja` or `de,en`). What they lack falls back to the glossary's languages in their "
        "order. Without it `Accept-Language` counts.",
    )


PAGE = 50
"""Items on a page, unless more or fewer are asked for."""

SLUGS_MAX = 100
"""Terms that can be asked for by slug at once."""


class Paged(Form):
    """A page of a list, from a slug on."""

    after = _slug(load_default=str, metadata={"description": "The slug after which the page starts."})
    limit = Whole(load_default=PAGE, validate=_between(1, 200), metadata={"description": "Items on a page."})


class TopicList(Lang, Paged):
    """A page of topics."""


class LanguageList(Read):
    """A page of languages."""

    after = fields.String(
        load_default=str,
        validate=[_length(TAG_MAX), Shape(TAG_SCHEMA["pattern"], error="{input!r:.102} is not a tag")],
        metadata={"description": "The tag after which the page starts."},
    )
    limit = Whole(load_default=PAGE, validate=_between(1, 200), metadata={"description": "Items on a page."})


class TermList(Lang, Paged):
    """A page of terms."""

    limit = Whole(
        validate=_between(1, 200),
        metadata={"description": f"Terms on a page; without it {PAGE}, or as many as `slug` names."},
    )
    topic = _slug(metadata={"description": "Only the terms of this topic."})
    status = fields.String(
        validate=_one_of(STATUSES),
        metadata={"description": "Only terms whose edition in the language asked for (any, without `lang`) has it."},
    )
    slug = DelimitedList(
        _slug(),
        validate=_length(SLUGS_MAX, "terms"),
        metadata={"description": "Only these terms, by slug or former slug; those that do not exist are left out."},
    )
    chosen = DelimitedList(
        fields.String(validate=_one_of(("*", *TERM_FIELDS))),
        validate=_length(len(TERM_FIELDS) + 1, "fields"),
        data_key="fields",
        metadata={"description": "What to tell of each term; `*` for whole terms."},
    )


_DIRECTION = "Which way it is read: from left to right or from top to bottom."
_THEME = "The colours; `auto` follows the page or the reader's device."


class Reach(Form):
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

    direction = _choice(DIRECTIONS, _DIRECTION)
    labels = _choice(("title", "slug"), "What a term is called by.")
    theme = _choice(tuple(THEMES), _THEME)
    links = _choice(("absolute", "relative", "none"), "How the address of a term's page is told.")


class Query(Lang):
    """A search."""

    q = fields.String(
        required=True,
        validate=_length(QUERY_MAX),
        metadata={"description": "What to look for, in any language and script.", "example": "ネット"},
    )
    limit = Whole(load_default=20, validate=_between(1, 200), metadata={"description": "Most terms."})


class Typed(Query):
    """What was typed so far."""

    limit = Whole(load_default=10, validate=_between(1, 50), metadata={"description": "Most terms."})


def _slugs(fewest: int, most: int, about: str, *, example: str = "", **more: Any) -> DelimitedList:
    """Slugs of terms. What is no slug is told with the slugs that no term has."""
    told = {"example": [example]} if example else {}
    one = fields.String(validate=Extent(0, SLUG_MAX, "characters"), metadata={"pattern": f"^({SLUG})?$"})
    return DelimitedList(one, validate=Extent(fewest, most, "terms"), metadata={"description": about, **told}, **more)


class Known(Form):
    """What a learner knows."""

    known = _slugs(0, KNOWN_MAX, "Slugs, or former ones, of the terms that the learner knows.", load_default=list)


class Path(Lang, Known):
    """A learning path."""

    to = _slugs(
        1, GOALS_MAX, "Slugs, or former ones, of the terms to learn, in order.", example="model-serving", required=True
    )


class Next(Lang, Known, Paged):
    """A page of what can be learned next."""


class PathDiagram(PageLang, Known):
    """A diagram of a learning path."""

    direction = _choice(DIRECTIONS, _DIRECTION)
    labels = _choice(("title", "slug"), "What a term is called by.")
    links = _choice(("absolute", "relative", "none"), "How the address of a term's page is told.")


class PathPicture(PathDiagram):
    """A picture of a learning path: downwards, since one of fifteen steps would be too wide to read in a line."""

    direction = _choice(DIRECTIONS, _DIRECTION, "TB")
    theme = _choice(tuple(THEMES), _THEME)


class Image(Diagram):
    """A diagram in pixels."""

    scale = Whole(
        load_default=SCALES[0],
        validate=_one_of(SCALES),
        metadata={"description": "Pixels to a unit of the drawing."},
    )


class Embed(Diagram):
    """A diagram for another site: in colours that follow the page."""

    theme = _choice(tuple(THEMES), _THEME, "auto")


class Embedding(PageLang):
    """The page about embedding, for a term."""

    term = _slug(metadata={"description": "The term that the page is about."})


class OEmbed(Form):
    """oEmbed 1.0."""

    url = fields.String(
        required=True,
        validate=_length(2000, "characters"),
        metadata={"description": "The address of a term's page, or of its embed."},
    )
    format = fields.String(
        load_default="json",
        validate=_length(20, "characters"),
        metadata={"description": "Only `json` is answered; any other is 501."},
    )
    maxwidth = Whole(
        load_default=640,
        validate=_between(100, 10_000),
        metadata={"description": "Pixels that the frame is wide at most."},
    )
    maxheight = Whole(
        load_default=10_000,
        validate=_between(100, 10_000),
        metadata={"description": "Pixels that the frame is high at most."},
    )


class Home(PageLang):
    """The home page."""

    letter = fields.String(
        load_default=str,
        validate=Extent(0, 20, "characters"),
        metadata={"description": "The heading of the index to show, where the glossary is large."},
    )


class PageList(PageLang):
    """A page of a list."""

    after = _slug(load_default=str, metadata={"description": "The slug after which the page starts."})


NOTE_MAX = 500


def _line(value: str) -> None:
    if fault := text_fault(value, label=True):
        raise ValidationError(fault)


class Noted(Form):
    """A write."""

    note = fields.String(
        validate=[_length(NOTE_MAX, "characters"), _line],
        metadata={"description": "Why it was done, for the history.", "pattern": r"^\S(.*\S)?$"},
    )


class Deletion(Noted):
    """A term taken out of use, or removed."""

    purge = fields.Boolean(
        load_default=False, metadata={"description": "Remove the term for good (admin), if no other needs it."}
    )
    replaced_by = _slug(data_key="replacedBy", metadata={"description": "The term to use in its place."})


class Rename(Body):
    """The body of a rename."""

    slug = _slug(required=True)


class Revert(Body):
    """The body of a revert: the sequence to go back to."""

    to = fields.Integer(required=True, strict=True, validate=_between(1, SEQ_MAX))


class Status(Body):
    """The body of a change of an edition's status."""

    status = fields.String(required=True, validate=_one_of(STATUSES))


class OneTerm(Lang):
    """A whole term, today or in the past."""

    at = fields.String(
        validate=_length(40, "characters"),
        metadata={
            "description": "A sequence or a time: the term as it was then. The labels of its neighbours are those of "
            "today, and so are its topics and what requires it.",
            "example": "2026-11-24T12:00:00Z",
        },
    )
    status = fields.String(
        validate=_one_of(STATUSES), metadata={"description": "Only texts in languages whose edition has it."}
    )


class History(Read):
    """A page of a term's history, the last change first."""

    after = Whole(validate=_between(1, SEQ_MAX), metadata={"description": "The sequence before which the page starts."})
    limit = Whole(load_default=PAGE, validate=_between(1, 200), metadata={"description": "Changes on a page."})


class ChangeList(Read):
    """A page of changes."""

    since = Whole(
        load_default=0, validate=_between(0, SEQ_MAX), metadata={"description": "Changes after this sequence."}
    )
    limit = Whole(load_default=PAGE, validate=_between(1, 200), metadata={"description": "Changes on a page."})


class Feed(Form):
    """A page of the Atom feed."""

    before = Whole(
        load_default=SEQ_MAX, validate=_between(1, SEQ_MAX), metadata={"description": "Changes before this sequence."}
    )


class Coverage(Read, Paged):
    """What one language lacks."""

    lang = _lang(f"^{_TAG}$", "The language; without it, the glossary's first. What it lacks is not filled in here.")


class Import(Noted):
    """A file that is sent."""

    format = fields.String(
        validate=_one_of(IMPORTED), metadata={"description": "The format; without it, as `Content-Type` says."}
    )
    lang = _lang(f"^{_TAG}$", "The language of texts that name none.")
    dry_run = fields.Boolean(
        data_key="dryRun", load_default=False, metadata={"description": "Tell what would be done, and change nothing."}
    )


class Export(Read):
    """What the glossary is written as."""

    format = fields.String(
        load_default="ttl",
        validate=_one_of(EXPORTED),
        metadata={"description": "`csv` has the terms, a column for each field and language; `csv-edges` the edges."},
    )
    lang = _lang(f"^{_TAGS}$", "The languages of CSV columns; without it, all.")


class SearchPage(PageLang):
    """A search by people."""

    q = fields.String(
        load_default=str,
        validate=Extent(0, QUERY_MAX, "characters"),
        metadata={"description": "What to look for, in any language and script.", "example": "ネット"},
    )


class KnownOnPage(PageLang):
    """What a learner knows, on a page."""

    known = DelimitedList(
        fields.String(validate=Extent(0, SLUG_MAX, "characters")),
        load_default=list,
        validate=Extent(0, KNOWN_MAX, "terms"),
        metadata={"description": "Slugs of the terms that the learner knows; others are passed over."},
    )


class PathIndex(SearchPage, KnownOnPage):
    """The page where goals are chosen."""

    letter = Home().fields["letter"]


class HistoryPage(PageLang):
    """A page of a term's history, for people."""

    after = Whole(validate=_between(1, SEQ_MAX), metadata={"description": "The sequence before which the page starts."})


class SiteMap(Form):
    """A part of the site map."""

    part = Whole(
        load_default=0,
        validate=_between(0, 10_000),
        metadata={"description": "A part, from 1; without it the whole map or, where that is too long, its parts."},
    )
