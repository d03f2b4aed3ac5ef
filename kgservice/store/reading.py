"""Reading the mirror: each function runs a constant number of statements, however large the glossary or the term."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

from kgservice.model.editions import LanguageState
from kgservice.model.glossary import Topic
from kgservice.model.terms import Choice, Edition, Question, Source, Texts
from kgservice.model.views import Ref, Spoken, TermView
from kgservice.rdf.ntriples import Triple
from kgservice.store import tables
from kgservice.store.direct import Direct, Reader
from kgservice.store.log import from_lines
from kgservice.store.rows import among, rows_in

LABEL = "prefLabel"

Beside = dict[str, list[Ref]]
"""What is named with a term, by kind: its neighbours in order, its topics, what replaces it."""


@dataclass(frozen=True, slots=True)
class TermItem:
    """A term in a list: its labels and short definitions, by language."""

    iri: str
    slug: str
    label: Texts
    definition: Texts


class Step(NamedTuple):
    """An edge seen from one of its ends: the kind by which `target` is reached from `source`."""

    source: str
    kind: str
    target: str
    slug: str
    position: int | None


def term_view(reader: Reader, slug: str) -> TermView | None:
    """The term with that slug; None if there is none."""
    return next(iter(term_views(reader, [slug])), None)


def term_views(reader: Reader, slugs: Sequence[str]) -> list[TermView]:
    """The terms with these slugs, by slug, in two statements; at most as many slugs as a page has."""
    rows = list(reader.execute(_TERMS, {"slugs": slugs}))
    beside: dict[str, Beside] = {row[0]: {} for row in rows}
    for row in sorted(map(tuple, reader.execute(_BESIDE, {"slugs": slugs}))):
        _add(beside[row[0]], row)
    return [_view(beside[row[0]], *row) for row in rows]


def own_views(connection: Connection, iris: Iterable[str]) -> Iterator[TermView]:
    """The terms with these IRIs, without what is named with them."""
    for row in rows_in(connection, _OWN_AMONG, iris):
        yield _view({}, *tuple(row))


def spoken_term(direct: Direct, slug: str, lang: str) -> Spoken | None:
    """What is said of a term in a language, in one statement; None if that is not ready."""
    rows = sorted(direct.rows(_SPOKEN, {"slugs": [slug], "langs": [lang]}))
    if not rows or rows[0][1] != OWN:
        return None
    _, _, whole, used, _, before, after = rows[0]
    return Spoken(before, after, used.split(), bool(whole), *_apart(_grouped(rows[1:])))


def with_neighbours(direct: Direct, slug: str) -> tuple[Ref, Beside] | None:
    """A term as it is named, and its neighbours by kind, in order, in one statement; None if there is none."""
    rows = sorted(direct.rows(_NAMED, {"slugs": [slug]}))
    return (_ref(*rows[0][3:]), _grouped(rows[1:])) if rows else None


def _grouped(rows: list[tuple[Any, ...]]) -> Beside:
    beside: Beside = {}
    for row in rows:
        _add(beside, row)
    return beside


def _add(beside: Beside, row: tuple[Any, ...]) -> None:
    beside.setdefault(row[1], []).append(_ref(*row[3:]))


@lru_cache(4096)
def _ref(slug: str, iri: str, label: str, reason: str | None) -> Ref:
    """A term as it is stored where it is named. Remembered: a term is named by all its neighbours."""
    return Ref(iri, slug, orjson.loads(label), orjson.loads(reason) if reason else {})


# Building a statement costs more than running it, so those of a term are built once.
_TERM = tables.term.c
_SLUGS: BindParameter[list[str]] = bindparam("slugs", expanding=True)
_OWN = select(
    *(_TERM.iri, _TERM.slug, _TERM.revision, _TERM.label, _TERM.texts, _TERM.languages, _TERM.sources, _TERM.quiz),
    *(_TERM.exact_match, _TERM.close_match, _TERM.notations, _TERM.created, _TERM.modified, _TERM.deprecated),
)
_OWN_AMONG = _OWN.where(among(_TERM.iri))
_TERMS = _OWN.where(_TERM.slug.in_(_SLUGS)).order_by(_TERM.slug)

OWN = ""
"""The kind of a term's own row among those of what is named with it: sorted, it is the first."""

_LAST: ColumnElement[int] = literal_column(str(2**63 - 1))
"""The place of what has no position."""


_NONE = null()


def _beside() -> list[Select[Any]]:
    """What is named with the terms: the other ends of their edges, what replaces them, their topics.

    Rows in order are those of each term by kind, then by position, then by slug.
    """
    edge, topic, member = tables.edge, tables.topic, tables.member
    one, other = tables.term.alias("one"), tables.term.alias("other")

    def rows(kind: Any, named: FromClause, place: Any = _LAST, reason: Any = _NONE) -> Select[Any]:
        return select(one.c.iri, kind, place, named.c.slug, named.c.iri, type_coerce(named.c.label, Text), reason)

    reason, place = type_coerce(edge.c.reason, Text), func.coalesce(edge.c.position, _LAST)
    end = one.join(edge, edge.c.term_iri == one.c.iri).join(other, other.c.iri == edge.c.target_iri)
    start = one.join(edge, edge.c.target_iri == one.c.iri).join(other, other.c.iri == edge.c.term_iri)
    instead = one.join(other, other.c.iri == one.c.replaced_by)
    topics = one.join(member, member.c.term_iri == one.c.iri).join(topic, topic.c.iri == member.c.topic_iri)
    arms = (
        rows(edge.c.kind, other, place, reason).select_from(end),
        rows(_kind("requiredBy"), other, reason=reason).select_from(start).where(edge.c.kind == _kind("prerequisite")),
        rows(_kind("replacedBy"), other).select_from(instead),
        rows(_kind("topic"), topic).select_from(topics),
    )
    return [arm.where(one.c.slug.in_(_SLUGS)) for arm in arms]


def _kind(name: str) -> ColumnElement[str]:
    """A kind in a statement's text: fewer values are handed over."""
    return literal_column(f"'{name}'")


_BESIDE = union_all(*_beside())
_ITSELF = (_TERM.slug, _TERM.iri, type_coerce(_TERM.label, Text), _NONE)
_NAMED = union_all(
    select(_TERM.iri, _kind(OWN), literal_column("0"), *_ITSELF).where(_TERM.slug.in_(_SLUGS)), *_beside()
)
_SAID = tables.spoken.c
_SPOKEN = union_all(
    select(_TERM.iri, _kind(OWN), _SAID.whole, _SAID.used, _NONE, _SAID.before, _SAID.after)
    .join_from(tables.term, tables.spoken, _SAID.term_iri == _TERM.iri)
    .where(_TERM.slug.in_(_SLUGS), _SAID.lang.in_(bindparam("langs", expanding=True))),
    *_beside(),
)


def _apart(beside: Beside) -> tuple[list[Topic], Ref | None, dict[str, list[Ref]]]:
    """Of what is named with a term: its topics, what replaces it, its neighbours."""
    topics = [Topic(one.iri, one.slug, one.label) for one in beside.pop("topic", ())]
    return topics, next(iter(beside.pop("replacedBy", ())), None), beside


def _view(
    beside: Beside,
    iri: str,
    slug: str,
    revision: int,
    label: Texts,
    texts: Mapping[str, Mapping[str, Sequence[str]]],
    languages: Mapping[str, LanguageState],
    sources: list[dict[str, Any]],
    quiz: list[dict[str, Any]],
    *more: Any,
) -> TermView:
    exact_match, close_match, notations, created, modified, deprecated = more
    topics, replaced_by, neighbours = _apart(beside)
    return TermView(
        iri=iri,
        slug=slug,
        revision=revision,
        label=label,
        texts=texts,
        replaced_by=replaced_by,
        topics=topics,
        neighbours=neighbours,
        languages=languages,
        sources=[Source(**source) for source in sources],
        quiz=[read_question(question) for question in quiz],
        exact_match=exact_match,
        close_match=close_match,
        notations=notations,
        created=created,
        modified=modified,
        deprecated=bool(deprecated),
    )


def read_question(data: dict[str, Any]) -> Question:
    """A question as the mirror holds it."""
    choices = tuple([Choice(choice["id"], choice["text"]) for choice in data["choices"]])
    return Question(data["id"], data["text"], choices, data["answer"], data["explanation"])


@dataclass(frozen=True, slots=True)
class Filter:
    """Which terms a list has. `lang` narrows `status` to one language; empty values do not narrow anything."""

    topic: str = ""
    status: str = ""
    lang: str = ""
    slugs: Collection[str] = ()
    deprecated: bool = False
    """Whether terms that are out of use are there, too; asked for by slug, they always are."""


ALL = Filter()


def _listed(only: Filter) -> Select[Any]:
    """The terms of a list. Deprecated ones are there only if they are asked for by slug."""
    term, topic, member, edition = tables.term, tables.topic, tables.member, tables.edition
    query = select(term.c.iri, term.c.slug)
    if only.slugs:
        query = query.where(term.c.slug.in_(only.slugs))
    elif not only.deprecated:
        query = query.where(term.c.deprecated.is_(False))
    if only.topic:
        members = select(member.c.term_iri).join(topic, topic.c.iri == member.c.topic_iri)
        query = query.where(term.c.iri.in_(members.where(topic.c.slug == only.topic)))
    if only.status:
        editions = select(edition.c.term_iri).where(edition.c.status == only.status)
        query = query.where(term.c.iri.in_(editions.where(edition.c.lang == only.lang) if only.lang else editions))
    return query


def slug_list(connection: Connection, after: str, limit: int, only: Filter) -> list[str]:
    """The slugs of a list after one, in order."""
    term = tables.term
    query = _listed(only).where(term.c.slug > after).order_by(term.c.slug).limit(limit)
    return [row.slug for row in connection.execute(query)]


def term_list(connection: Connection, after: str, limit: int, only: Filter) -> list[TermItem]:
    """The terms of a list after a slug, by slug."""
    term, text = tables.term, tables.text
    page = _listed(only).where(term.c.slug > after).order_by(term.c.slug).limit(limit).subquery()
    shown = and_(text.c.term_iri == page.c.iri, text.c.field.in_((LABEL, "definition")))
    query = select(page, text.c.field, text.c.lang, text.c.value).select_from(page.outerjoin(text, shown))
    items: dict[str, TermItem] = {}
    for row in connection.execute(query.order_by(page.c.slug)):
        item = items.setdefault(row.iri, TermItem(row.iri, row.slug, {}, {}))
        texts: Any = item.label if row.field == LABEL else item.definition
        if row.lang is not None:
            texts[row.lang] = row.value
    return list(items.values())


@dataclass(frozen=True, slots=True)
class LabelledTerm:
    """A term in an index: its labels and how they are read, by language."""

    slug: str
    label: Texts
    reading: Texts


def labelled_terms(connection: Connection) -> list[LabelledTerm]:
    """Every term that is in use, by slug."""
    term, text = tables.term, tables.text
    shown = and_(text.c.term_iri == term.c.iri, text.c.field.in_((LABEL, "reading")))
    query = select(term.c.slug, text.c.field, text.c.lang, text.c.value).select_from(term.outerjoin(text, shown))
    found: dict[str, LabelledTerm] = {}
    for slug, field, lang, value in connection.execute(query.where(term.c.deprecated.is_(False)).order_by(term.c.slug)):
        one = found.setdefault(slug, LabelledTerm(slug, {}, {}))
        texts: Any = one.label if field == LABEL else one.reading
        if lang is not None:
            texts[lang] = value
    return list(found.values())


def most_required(connection: Connection, limit: int) -> list[TermItem]:
    """The terms that most others require, most first, then by slug."""
    edge, term = tables.edge, tables.term
    counted = func.count(edge.c.term_iri)
    query = (
        select(term.c.slug)
        .join(edge, and_(edge.c.target_iri == term.c.iri, edge.c.kind == "prerequisite"))
        .where(term.c.deprecated.is_(False))
        .group_by(term.c.slug)
        .order_by(counted.desc(), term.c.slug)
        .limit(limit)
    )
    return items_in_order(connection, [row.slug for row in connection.execute(query)])


def central_slug(connection: Connection) -> str | None:
    """The term most in the middle: many prerequisites before it and many terms after it, then many edges of all kinds.

    None where no term has both.
    """
    edge, term = tables.edge, tables.term
    counted = func.count().label("number")
    stated = select(edge.c.term_iri.label("iri"), counted).group_by(edge.c.term_iri)
    asked = select(edge.c.target_iri.label("iri"), counted).group_by(edge.c.target_iri)
    before = stated.where(edge.c.kind == "prerequisite").subquery()
    after = asked.where(edge.c.kind == "prerequisite").subquery()
    every = stated.subquery()
    thinner = case((before.c.number < after.c.number, before.c.number), else_=after.c.number)
    joined = term.join(before, before.c.iri == term.c.iri).join(after, after.c.iri == term.c.iri)
    query = select(term.c.slug).select_from(joined.join(every, every.c.iri == term.c.iri))
    query = query.where(term.c.deprecated.is_(False))
    most = (thinner.desc(), (every.c.number + after.c.number).desc(), term.c.slug)
    return connection.execute(query.order_by(*most).limit(1)).scalar()


def recently_changed(connection: Connection, limit: int) -> list[tuple[TermItem, str]]:
    """The terms that changed last, the latest first, then by slug, and when they did (UTC, ISO 8601)."""
    term, changeset = tables.term, tables.changeset
    query = select(term.c.slug, changeset.c.time).join(changeset, changeset.c.seq == term.c.revision)
    query = query.where(term.c.deprecated.is_(False)).order_by(term.c.revision.desc(), term.c.slug)
    times = {row.slug: row.time for row in connection.execute(query.limit(limit))}
    return [(item, times[item.slug]) for item in items_in_order(connection, list(times))]


def items_in_order(connection: Connection, slugs: list[str]) -> list[TermItem]:
    """The terms with these slugs, in this order; a slug that no term has is passed over."""
    if not slugs:
        return []
    items = {item.slug: item for item in term_list(connection, "", len(slugs), Filter(slugs=slugs))}
    return [items[slug] for slug in slugs if slug in items]


@dataclass(frozen=True, slots=True)
class TopicItem:
    """A topic in a list, with the number of its terms."""

    topic: Topic
    terms: int


def topic_list(connection: Connection, after: str = "", limit: int | None = None) -> list[TopicItem]:
    """The topics after a slug, by slug."""
    topic, member, term = tables.topic, tables.member, tables.term
    joined = topic.outerjoin(member, member.c.topic_iri == topic.c.iri).outerjoin(
        term, and_(term.c.iri == member.c.term_iri, term.c.deprecated.is_(False))
    )
    query = select(topic, func.count(term.c.iri)).select_from(joined).where(topic.c.slug > after)
    query = query.group_by(topic.c.iri).order_by(topic.c.slug).limit(limit)
    return [TopicItem(Topic(row.iri, row.slug, row.label), row[3]) for row in connection.execute(query)]


def language_counts(connection: Connection) -> dict[str, int]:
    """Each language that a term has a label in, and how many terms have one."""
    text = tables.text
    query = select(text.c.lang, func.count(text.c.term_iri.distinct())).where(text.c.field == LABEL)
    return {row[0]: row[1] for row in connection.execute(query.group_by(text.c.lang).order_by(text.c.lang))}


def steps(connection: Connection, frontier: Collection[str], kinds: Collection[str]) -> Iterator[Step]:
    """Every edge of the kinds that touches a term of the frontier, seen from it; by position, then the target's slug.

    A step by `prerequisite` and one by `requiredBy` are the same statement seen from its two ends.
    """
    edge, term = tables.edge, tables.term
    outgoing = select(edge.c.term_iri.label("source"), edge.c.kind, edge.c.target_iri.label("target"), edge.c.position)
    incoming = select(edge.c.target_iri, literal("requiredBy"), edge.c.term_iri, literal(None))
    stated = [kind for kind in kinds if kind != "requiredBy"]
    both = union_all(
        outgoing.where(edge.c.term_iri.in_(frontier), edge.c.kind.in_(stated)),
        incoming.where(
            edge.c.target_iri.in_(frontier),
            edge.c.kind == "prerequisite",
            literal("requiredBy" in kinds),
        ),
    ).subquery()
    query = (
        select(both, term.c.slug)
        .select_from(both.join(term, term.c.iri == both.c.target))
        .order_by(both.c.position.is_(None), both.c.position, term.c.slug)
    )
    for row in connection.execute(query):
        yield Step(row.source, row.kind, row.target, row.slug, row.position)


def term_triples(connection: Connection, slug: str) -> set[Triple] | None:
    """What the graph says of a term and its own resources, what the model does not know included; None if unknown."""
    term, resource = tables.term, tables.resource
    query = select(resource.c.triples).join(term, term.c.iri == resource.c.term_iri).where(term.c.slug == slug)
    blocks = [row.triples for row in connection.execute(query)]
    return {triple for block in blocks for triple in from_lines(block)} if blocks else None


def slug_of_home(connection: Connection, home: str) -> str | None:
    """The present slug of the term whose own resources are under an IRI: for a term made here, that is its own."""
    term = tables.term
    return connection.execute(select(term.c.slug).where(term.c.home == home)).scalar_one_or_none()


_LABELS = select(tables.term.c.iri, tables.term.c.label).where(among(tables.term.c.iri))


def labels(connection: Connection, iris: Iterable[str]) -> dict[str, Texts]:
    """The labels of terms, by IRI and language."""
    return {row.iri: row.label for row in rows_in(connection, _LABELS, iris)}


_EDITIONS = select(tables.edition).where(among(tables.edition.c.term_iri))


def editions(connection: Connection, iris: Iterable[str]) -> dict[str, dict[str, Edition]]:
    """The editions of terms, by IRI and language, by tag."""
    found: dict[str, dict[str, Edition]] = {}
    for row in sorted(rows_in(connection, _EDITIONS, iris), key=lambda row: row.lang):
        edition = Edition(row.status, row.derived_from, row.licence, row.credit, row.digests)
        found.setdefault(row.term_iri, {})[row.lang] = edition
    return found


def term_iri(connection: Connection, slug: str) -> str | None:
    """The IRI of the term with that slug."""
    term = tables.term
    return connection.execute(select(term.c.iri).where(term.c.slug == slug)).scalar_one_or_none()


def fields_in_use(connection: Connection) -> set[tuple[str, str]]:
    """Each field and language of which a term has a text."""
    text = tables.text
    return {(row.field, row.lang) for row in connection.execute(select(text.c.field, text.c.lang).distinct())}


def reason_languages(connection: Connection) -> list[str]:
    """The languages in which edges have reasons, sorted."""
    reasons = connection.execute(select(tables.edge.c.reason).where(tables.edge.c.reason != {})).scalars()
    return sorted({lang for reason in reasons for lang in reason})
