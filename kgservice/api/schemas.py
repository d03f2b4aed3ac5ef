"""The shapes of answers, as JSON Schema components of the OpenAPI document.

Each shape with texts has two forms: one text of each field (`Term`), and every language at once (`MultilingualTerm`,
the editing representation of `lang=*`). Objects are open, since keys may be added later; those named here stay.
"""

from typing import Any

from kgservice.api.representations import TERM_FIELDS
from kgservice.model.languages import TAG, TAG_MAX
from kgservice.model.slugs import SLUG, SLUG_MAX
from kgservice.model.terms import EDGE_KINDS, FIELDS, NEIGHBOUR_KINDS, STATUSES

Schema = dict[str, Any]

TAG_SCHEMA: Schema = {"type": "string", "maxLength": TAG_MAX, "pattern": f"^{TAG}$", "description": "BCP 47"}
SLUG_SCHEMA: Schema = {"type": "string", "minLength": 1, "maxLength": SLUG_MAX, "pattern": f"^{SLUG}$"}
_IRI: Schema = {"type": "string", "format": "iri"}
_TIME: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}(T.+)?$",
    "description": "A time, or a day where an import knew no more.",
}
_ROLES = ("centre", *NEIGHBOUR_KINDS)


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def either(*names: str) -> Schema:
    """One of several components."""
    return {"anyOf": [ref(name) for name in names]}


def components() -> dict[str, Schema]:
    """All components by name."""
    return {
        "Text": _TEXT,
        "LanguageMap": _map_of({"type": "string"}, "A text by language tag."),
        "LanguageListMap": _map_of(_list({"type": "string"}), "Texts by language tag."),
        **_shapes("", text=ref("Text"), texts=_list(ref("Text"))),
        **_shapes("Multilingual", text=ref("LanguageMap"), texts=ref("LanguageListMap")),
        "Source": _SOURCE,
        "Edition": _EDITION,
        "Edge": _EDGE,
        "Language": _LANGUAGE,
        "LanguageList": _page_of("Language", "Languages that a term has a label in, and the glossary's own."),
        "Match": _MATCH,
        "Part": _PART,
        "Finding": _FINDING,
        "ImportReport": _IMPORT_REPORT,
        "Counts": _COUNTS,
        "Wanting": _WANTING,
        "Coverage": _COVERAGE,
        "Past": _PAST,
        "History": _page_of("Past", "What was done to a term, the last change first."),
        "Change": _CHANGE,
        "ChangeList": _page_of("Change", "Changes after a sequence, in order."),
        "Live": _LIVE,
        "Ready": _READY,
        "Problem": _PROBLEM,
        "Fault": _FAULT,
    }


def _object(about: str, properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": about, "properties": properties, "required": required}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _nullable(kind: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], **more}


def _map_of(values: Schema, about: str) -> Schema:
    return {
        "type": "object",
        "description": about,
        "propertyNames": {"pattern": f"^{TAG}$"},
        "additionalProperties": values,
    }


def _page_of(name: str, about: str) -> Schema:
    following = _nullable("string", description="The value of `after` for the next page; null on the last one.")
    return _object(about, {"items": _list(ref(name)), "next": following})


_DIR: Schema = {"type": "string", "enum": ["ltr", "rtl"]}

_TEXT = _object(
    "A text, the language it is in, and whether that is another than the one asked for.",
    {"value": {"type": "string"}, "lang": TAG_SCHEMA, "dir": _DIR, "fallback": {"type": "boolean"}},
)
_SOURCE = _object(
    "Where a term's content is founded: a title, and a URL or an identifier.",
    {"title": {"type": "string"}, "url": _nullable("string"), "identifier": _nullable("string")},
)
_EDITION = _object(
    "How far a language's texts of a term are: status, fields that other languages have, fields whose source changed.",
    {
        "status": {"enum": [*STATUSES, None]},
        "missing": _list({"type": "string"}),
        "stale": _list({"type": "string"}),
    },
)
_EDGE = _object(
    "An edge, as its RDF statement runs: from subject to object.",
    {"from": SLUG_SCHEMA, "to": SLUG_SCHEMA, "kind": {"type": "string", "enum": list(EDGE_KINDS)}},
)
_LANGUAGE = _object(
    "A language, under its own name, and how many terms have a label in it.",
    {
        "tag": TAG_SCHEMA,
        "name": {"type": "string", "minLength": 1},
        "dir": _DIR,
        "terms": {"type": "integer", "minimum": 0},
    },
)
_PART = _object(
    "A part of a text, and whether it is what was looked for.",
    {"text": {"type": "string", "minLength": 1}, "hit": {"type": "boolean"}},
)
_MATCH = _object(
    "Where a term was found: the field, its language, and the text, or an excerpt of it, whole and in parts.",
    {
        "field": {"type": "string", "enum": list(FIELDS)},
        "lang": TAG_SCHEMA,
        "dir": _DIR,
        "value": {"type": "string"},
        "parts": {**_list(ref("Part")), "minItems": 1},
    },
)
_FINDING = _object(
    "Something that an import's reader should know: `error` and `warning` tell of what was left out.",
    {
        "severity": {"type": "string", "enum": ["error", "warning", "info"]},
        "where": {"type": "string"},
        "message": {"type": "string"},
    },
)
_IMPORT_REPORT = _object(
    "What an import did, or would do: slugs by outcome, findings, and the sequence of its change if there is one.",
    {
        **{name: _list({"type": "string"}) for name in ("created", "updated", "unchanged")},
        "problems": _list(ref("Finding")),
        "seq": _nullable("integer"),
        "dryRun": {"type": "boolean"},
    },
)
_COUNTS = _object(
    "Terms that have a field in a language, that have it in others only, and whose source has changed since.",
    {name: {"type": "integer", "minimum": 0} for name in ("present", "missing", "stale")},
)
_WANTING = _object(
    "A term with work to do in a language.",
    {
        "slug": SLUG_SCHEMA,
        "iri": _IRI,
        "prefLabel": _or_null(ref("Text")),
        "neededBy": {"type": "integer", "minimum": 0, "description": "How many terms in use require it."},
        "missing": _list({"type": "string"}),
        "stale": _list({"type": "string"}),
    },
)
_COVERAGE = _object(
    "What a language has and lacks; the terms with work to do, most needed first.",
    {
        "lang": TAG_SCHEMA,
        "fields": {"type": "object", "additionalProperties": ref("Counts")},
        **_page_of("Wanting", "")["properties"],
    },
)
_ENTRY: Schema = {
    "seq": {"type": "integer", "minimum": 1, "description": "The sequence of the change; it has no gaps."},
    "time": _TIME,
    "editor": {"type": "string", "description": "The name of the token that wrote, or the command."},
    "note": {"type": "string"},
}
_PAST = _object(
    "What a change did to one term: in words, and in N-Quads.",
    {**_ENTRY, "summary": _list({"type": "string"}), "removed": {"type": "string"}, "added": {"type": "string"}},
)
_CHANGE = _object(
    "A change. Above 100 kB of N-Quads, `removed` and `added` are null; they are at the `links`.",
    {
        **_ENTRY,
        "terms": {**_list({"type": "string"}), "description": "The slugs of its terms, a thousand at most."},
        "moreTerms": {"type": "boolean", "description": "Whether it has more terms than are named."},
        "removed": _nullable("string"),
        "added": _nullable("string"),
        "links": _object("", {name: {"type": "string", "format": "uri"} for name in ("removed", "added")}),
    },
)
_LIVE = _object("The process answers.", {"status": {"const": "live"}})
_SPARQL_STATUS = _object(
    "Whether queries are answered, and if not, why.",
    {"status": {"type": "string", "enum": ["on", "off", "starting"]}, "reason": {"type": "string"}},
    ("reason",),
)
_READY = _object(
    "Whether the service can be used, and the sequence of the last change.",
    {
        "status": {"type": "string", "enum": ["ready", "starting"]},
        "seq": {"type": "integer", "minimum": 0},
        "sparql": _SPARQL_STATUS,
    },
)
_FAULT = _object(
    "One fault of a request.",
    {
        "field": {"type": "string", "description": "The parameter, or the path of the field in the document."},
        "message": {"type": "string", "minLength": 1},
    },
)
_PROBLEM = _object(
    "What is wrong, where, and what to do (RFC 9457). `type` is the address of a page about this kind of problem.",
    {
        "type": {"type": "string", "format": "uri", "pattern": "/docs/problems/[a-z-]+$"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "minLength": 1},
        "errors": {**_list(ref("Fault")), "minItems": 1, "description": "Every fault at once."},
        "revision": {**_nullable("integer"), "description": "The term's revision now, where a write came too late."},
        "requestId": {"type": "string", "description": "Under this the log has what went wrong."},
    },
    optional=("errors", "revision", "requestId"),
)


def _shapes(prefix: str, *, text: Schema, texts: Schema) -> dict[str, Schema]:
    """The shapes that have texts, in one of the two forms."""

    def named(name: str) -> Schema:
        return ref(prefix + name)

    whole = _term(text, texts, named, {"const": "*"} if prefix else TAG_SCHEMA)
    item = {"slug": SLUG_SCHEMA, "iri": _IRI, "prefLabel": _or_null(text)}
    node = {
        **item,
        "role": {"type": "string", "enum": list(_ROLES), "description": "The centre, or the kind that led here."},
        "distance": {"type": "integer", "minimum": 0, "maximum": 3},
    }
    around = {
        "centre": SLUG_SCHEMA,
        "nodes": {**_list(named("Node")), "minItems": 1},
        "edges": _list(ref("Edge")),
        "truncated": {"type": "boolean", "description": "Whether the limit left terms out."},
    }
    requires = {**_list(SLUG_SCHEMA), "description": "Its prerequisites, by slug."}
    reason = {**_EDGE["properties"], "reason": _or_null(text)}
    path = {
        "to": _list(SLUG_SCHEMA),
        "known": _list(SLUG_SCHEMA),
        "steps": _list(named("Step")),
        "edges": _list(named("Requirement")),
        "remaining": {"type": "integer", "minimum": 0, "description": "How many steps there are."},
        "needed": {"type": "integer", "minimum": 0, "description": "All terms on the way, what is known included."},
    }
    hits = {
        "items": _list(named("Hit")),
        "next": {"type": "null"},
        "truncated": {"type": "boolean", "description": "Whether there are or may be more terms."},
    }
    following = _nullable("string", description="The value of `after` for the next page; null on the last one.")
    listed = {"anyOf": [named("TermItem"), named("PartialTerm")]}
    shapes = {
        "Ref": _object("A term that is named; `reason`: why it comes first.", {**item, "reason": text}, ("reason",)),
        "Question": _object(
            "A question of the comprehension check; `answer` is the `id` of its one right choice.",
            {
                "id": {"type": "string"},
                "question": _or_null(text),
                "choices": {**_list(named("Choice")), "minItems": 2},
                "answer": {"type": "string"},
                "explanation": _or_null(text),
            },
        ),
        "Choice": _object("A choice of a question.", {"id": {"type": "string"}, "text": _or_null(text)}),
        "Term": _object("A whole term.", whole),
        "PartialTerm": _object("The fields of a term that `fields` asks for.", whole, optional=TERM_FIELDS),
        "TermItem": _object("A term in a list.", {**item, "definition": _or_null(text)}),
        "TermList": _object("A page of terms, by slug.", {"items": _list(listed), "next": following}),
        "Node": _object("A term of a neighbourhood.", node),
        "Neighbourhood": _object("The terms around a term, nearest first, and the edges between them.", around),
        "Hit": _object("A term that was found, and where.", {**item, "match": ref("Match")}),
        "HitList": _object("The terms that a query found, best first.", hits),
        "Step": _object("A term to learn, and what it requires.", {**item, "requires": requires}),
        "StepList": _page_of(prefix + "Step", "The terms that can be learned next, by slug."),
        "Requirement": _object("A prerequisite between two steps of a path, and its reason.", reason),
        "LearningPath": _object("The terms to learn, each after all that it requires.", path),
        "Topic": _object("A topic, and how many terms it has.", {**item, "terms": {"type": "integer", "minimum": 0}}),
        "TopicList": _page_of(prefix + "Topic", "Topics, by slug."),
    }
    return {prefix + name: shape for name, shape in shapes.items()}


def _term(text: Schema, texts: Schema, named: Any, asked: Schema) -> Schema:
    """The properties of a whole term, in the order of `TERM_FIELDS`."""
    maybe = _or_null(text)
    markdown = {**maybe, "description": "CommonMark."}
    refs = _list(named("Ref"))
    iris = _list(_IRI)
    properties = {
        "slug": SLUG_SCHEMA,
        "iri": {**_IRI, "description": "The term's name for ever; slugs and addresses may change."},
        "revision": {"type": "integer", "minimum": 1, "description": "The sequence of the term's last change."},
        "lang": {**asked, "description": "The language that was asked for first; `*` for all."},
        "prefLabel": maybe,
        "reading": {**maybe, "description": "How the label is read and sorted (kana, pinyin)."},
        "altLabels": texts,
        "hiddenLabels": texts,
        "abbreviations": texts,
        "definition": {**maybe, "description": "Short: one or two sentences."},
        "fullDefinition": markdown,
        "eli5": {**maybe, "description": "For a child of five."},
        "deepDive": {**markdown, "description": "For experts; CommonMark."},
        "scopeNote": maybe,
        "example": maybe,
        "topics": refs,
        "prerequisites": {**refs, "description": "What to know before; each may say why."},
        "requiredBy": {**refs, "description": "The terms of which this one is a prerequisite."},
        "related": refs,
        "broader": refs,
        "narrower": refs,
        "exactMatch": iris,
        "closeMatch": iris,
        "notations": _list({"type": "string"}),
        "sources": _list(ref("Source")),
        "quiz": _list(named("Question")),
        "languages": _map_of(ref("Edition"), "How far each language is."),
        "fallbacks": {**_list({"type": "string"}), "description": "The fields shown in another language."},
        "created": _TIME,
        "modified": _TIME,
        "deprecated": {"type": "boolean"},
        "replacedBy": _or_null(named("Ref")),
        "links": _object(
            "Addresses of the term's other forms.",
            {name: {"type": "string", "format": "uri"} for name in ("self", "page", "neighbourhood", "diagram")},
        ),
    }
    return {name: properties[name] for name in TERM_FIELDS}
