"""Reading the mirror: each function runs a constant number of statements, however large the glossary or the term."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, and_, bindparam, case, func, literal, select, union_all

from kgservice.model.glossary import Topic
from kgservice.model.terms import Choice, Edition, Question, Source, Texts
from kgservice.rdf.ntriples import Triple
from kgservice.store import tables
from kgservice.store.log import from_lines
from kgservice.store.rows import among, rows_in

LABEL = "prefLabel"

Reader = Connection
"""What a reader of one state of the database holds; services hand it on and look no further."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A term that is named: its identity, its labels and, where an edge led there, the reason."""

    iri: str
    slug: str
    label: Texts
    reason: Texts


@dataclass(frozen=True, slots=True)
class TermView:
    """All that answers about a term show. `neighbours` maps each of the neighbour kinds to terms in order."""

    iri: str
    slug: str
    revision: int
    texts: Mapping[str, Mapping[str, tuple[str, ...]]]
    neighbours: Mapping[str, list[Ref]]
    topics: list[Topic]
    editions: Mapping[str, Edition]
    sources: tuple[Source, ...]
    quiz: tuple[Question, ...]
    exact_match: tuple[str, ...]
    close_match: tuple[str, ...]
    notations: tuple[str, ...]
    created: str
    modified: str
    deprecated: bool
    replaced_by: Ref | None


@dataclass(frozen=True, slots=True)
class TermItem:
    """A term in a list: its labels and short definitions, by language."""

    iri: str
    slug: str
    label: Texts
    definition: Texts


@dataclass(frozen=True, slots=True)
class Step:
    """An edge seen from one of its ends: the kind by which `target` is reached from `source`."""

    source: str
    kind: str
    target: str
    slug: str
    position: int | None


def term_view(connection: Connection, slug: str) -> TermView | None:
    """The term with that slug; None if there is none."""
    return next(iter(term_views(connection, [slug])), None)


def term_views(connection: Connection, slugs: Collection[str]) -> list[TermView]:
    """The terms with these slugs, by slug. As many statements as for one; at most as many slugs as a page has."""
    rows = connection.execute(_TERMS, {"slugs": list(slugs)}).all()
    iris = [row.iri for row in rows]
    texts, topics, editions = _texts(connection, iris), _topics(connection, iris), _editions(connection, iris)
    neighbours = _neighbours(connection, iris)
    return [_view(row, texts[row.iri], topics[row.iri], editions[row.iri], neighbours[row.iri]) for row in rows]


# Building a statement costs more than running it, so those of a term are built once.
_IRIS: BindParameter[list[str]] = bindparam("iris", expanding=True)
_TERMS = select(tables.term).where(tables.term.c.slug.in_(bindparam("slugs", expanding=True))).order_by("slug")


def _view(
    row: Row[Any],
    texts: Mapping[str, Mapping[str, tuple[str, ...]]],
    topics: list[Topic],
    editions: Mapping[str, Edition],
    neighbours: dict[str, dict[str, Ref]],
) -> TermView:
    refs = {kind: list(by_iri.values()) for kind, by_iri in neighbours.items()}
    return TermView(
        iri=row.iri,
        slug=row.slug,
        revision=row.revision,
        texts=texts,
        replaced_by=next(iter(refs.pop("replacedBy", [])), None),
        neighbours=refs,
        topics=topics,
        editions=editions,
        sources=tuple(Source(**source) for source in row.sources),
        quiz=tuple(read_question(question) for question in row.quiz),
        exact_match=tuple(row.exact_match),
        close_match=tuple(row.close_match),
        notations=tuple(row.notations),
        created=row.created,
        modified=row.modified,
        deprecated=row.deprecated,
    )


def read_question(data: dict[str, Any]) -> Question:
    """A question as the mirror holds it."""
    choices = tuple(Choice(**choice) for choice in data["choices"])
    return Question(data["id"], data["text"], choices, data["answer"], data["explanation"])


_TEXTS = (
    select(tables.text.c.term_iri, tables.text.c.field, tables.text.c.lang, tables.text.c.value)
    .where(tables.text.c.term_iri.in_(_IRIS))
    .order_by(tables.text.c.field, tables.text.c.lang, tables.text.c.place)
)


def _texts(connection: Connection, iris: list[str]) -> dict[str, dict[str, dict[str, tuple[str, ...]]]]:
    found: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {iri: {} for iri in iris}
    for term_iri, field, lang, value in connection.execute(_TEXTS, {"iris": iris}):
        values = found[term_iri].setdefault(field, {})
        values[lang] = (*values.get(lang, ()), value)
    return found


_TOPICS = (
    select(tables.topic, tables.member.c.term_iri)
    .join(tables.member, tables.member.c.topic_iri == tables.topic.c.iri)
    .where(tables.member.c.term_iri.in_(_IRIS))
    .order_by(tables.topic.c.slug)
)


def _topics(connection: Connection, iris: list[str]) -> dict[str, list[Topic]]:
    found: dict[str, list[Topic]] = {iri: [] for iri in iris}
    for row in connection.execute(_TOPICS, {"iris": iris}):
        found[row.term_iri].append(Topic(row.iri, row.slug, row.label))
    return found


_EDITIONS = select(tables.edition).where(tables.edition.c.term_iri.in_(_IRIS)).order_by(tables.edition.c.lang)


def _editions(connection: Connection, iris: list[str]) -> dict[str, dict[str, Edition]]:
    found: dict[str, dict[str, Edition]] = {iri: {} for iri in iris}
    for row in connection.execute(_EDITIONS, {"iris": iris}):
        found[row.term_iri][row.lang] = Edition(row.status, row.derived_from, row.licence, row.credit, row.digests)
    return found


def _neighbours_statement() -> Select[Any]:
    """The terms at the other end of the terms' edges, a row for each label; and what replaces the terms."""
    edge, term, text = tables.edge, tables.term, tables.text
    nothing = literal(None)
    ends = union_all(
        select(
            edge.c.term_iri.label("source"), edge.c.kind, edge.c.target_iri.label("iri"), edge.c.position, edge.c.reason
        ).where(edge.c.term_iri.in_(_IRIS)),
        select(edge.c.target_iri, literal("requiredBy"), edge.c.term_iri, nothing, edge.c.reason).where(
            edge.c.target_iri.in_(_IRIS), edge.c.kind == "prerequisite"
        ),
        select(term.c.iri, literal("replacedBy"), term.c.replaced_by, nothing, literal({}, edge.c.reason.type)).where(
            term.c.iri.in_(_IRIS), term.c.replaced_by.is_not(None)
        ),
    ).subquery()
    label = and_(text.c.term_iri == term.c.iri, text.c.field == LABEL)
    return (
        select(ends.c.source, ends.c.kind, ends.c.iri, ends.c.reason, term.c.slug, text.c.lang, text.c.value)
        .select_from(ends.join(term, term.c.iri == ends.c.iri).outerjoin(text, label))
        .order_by(ends.c.position.is_(None), ends.c.position, term.c.slug, text.c.lang)
    )


_NEIGHBOURS = _neighbours_statement()


def _neighbours(connection: Connection, iris: list[str]) -> dict[str, dict[str, dict[str, Ref]]]:
    """The neighbours of terms, by kind and IRI."""
    found: dict[str, dict[str, dict[str, Ref]]] = {iri: {} for iri in iris}
    for source, kind, iri, reason, slug, lang, value in connection.execute(_NEIGHBOURS, {"iris": iris}):
        kinds = found[source].setdefault(kind, {})
        ref = kinds.setdefault(iri, Ref(iri, slug, {}, reason))
        if lang is not None:
            ref.label[lang] = value  # type: ignore[index]
    return found


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


_LABELS = select(tables.text.c.term_iri, tables.text.c.lang, tables.text.c.value).where(
    tables.text.c.field == LABEL, among(tables.text.c.term_iri)
)


def labels(connection: Connection, iris: Iterable[str]) -> dict[str, dict[str, str]]:
    """The labels of terms, by IRI and language."""
    found: dict[str, dict[str, str]] = {}
    for row in rows_in(connection, _LABELS, iris):
        found.setdefault(row.term_iri, {})[row.lang] = row.value
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
