"""Reading the mirror: each function runs a constant number of statements, however large the glossary or the term."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from kgservice.model.editions import LanguageState
from kgservice.model.glossary import Topic
from kgservice.model.terms import Choice, Edition, Question, Source, Texts
from kgservice.model.views import TermView
from kgservice.rdf.ntriples import Triple
from kgservice.store import tables
from kgservice.store.beside import Beside, apart, beside_of
from kgservice.store.direct import Reader
from kgservice.store.log import from_lines
from kgservice.store.rows import among, fetch, rows_in

LABEL = "prefLabel"


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
    rows = fetch(reader, _TERMS, {"slugs": slugs})
    beside = beside_of(reader, slugs)
    return [_view(beside.get(row[0], {}), *row) for row in rows]


def own_view(row: Mapping[str, Any]) -> TermView:
    """A term as its row has it, without what is named with it."""
    return _view({}, *[row[column.name] for column in _OWN_COLUMNS])


# Building a statement costs more than running it, so those of a term are built once.
_TERM = tables.term.c
_SLUGS: BindParameter[list[str]] = bindparam("slugs", expanding=True)
_OWN_COLUMNS = (
    *(_TERM.iri, _TERM.slug, _TERM.revision, _TERM.label, _TERM.texts, _TERM.languages, _TERM.sources, _TERM.quiz),
    *(_TERM.exact_match, _TERM.close_match, _TERM.notations, _TERM.created, _TERM.modified, _TERM.deprecated),
)
_TERMS = select(*_OWN_COLUMNS).where(_TERM.slug.in_(_SLUGS)).order_by(_TERM.slug)


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
    topics, replaced_by, neighbours = apart(beside)
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
    """The terms of a list. Deprecated ones are there only if they are asked for by slug; a former slug will do."""
    term, topic, member, edition = tables.term, tables.topic, tables.member, tables.edition
    query = select(term.c.iri, term.c.slug)
    if only.slugs:
        renamed = select(tables.former_slug.c.term_iri).where(tables.former_slug.c.slug.in_(only.slugs))
        query = query.where(or_(term.c.slug.in_(only.slugs), term.c.iri.in_(renamed)))
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
