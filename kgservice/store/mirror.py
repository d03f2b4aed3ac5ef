"""The mirror: SQL rows as a pure function of the log.

`project` works out what a change makes of the resources, terms and topics that it touches; `write` stores that. Every
changeset passes through both, when it is first committed and when the mirror is made anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from kgservice.model.editions import language_states
from kgservice.model.glossary import Glossary, Topic
from kgservice.model.terms import Question, Term
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri_value
from kgservice.store import search_index, spoken, tables
from kgservice.store.direct import Reader
from kgservice.store.log import from_lines, to_lines
from kgservice.store.rows import chunks, rows_in


@dataclass
class Projection:
    """What a change makes of all that it touches. A term, topic or resource that is gone is None."""

    resources: dict[str, tuple[str | None, set[Triple]]] = field(default_factory=dict)  # IRI: its term's IRI, triples
    terms: dict[str, Term | None] = field(default_factory=dict)
    topics: dict[str, Topic | None] = field(default_factory=dict)
    glossary: Glossary | None = None
    moved: dict[str, str] = field(default_factory=dict)  # where the base changes: a term's new IRI, and the one before

    def held_terms(self) -> list[Term]:
        """The terms that are there after the change."""
        return [term for term in self.terms.values() if term is not None]


_GLOSSARY = select(tables.glossary)


def read_glossary(connection: Reader) -> Glossary | None:
    """The glossary of the data directory; None before its first change."""
    for iri, languages, title, licence in connection.execute(_GLOSSARY):
        return Glossary(iri.removesuffix("glossary"), tuple(languages.split()), title, licence)
    return None


def read_slugs(connection: Connection) -> dict[str, str]:
    """The IRI of each slug that a term has."""
    return {row.slug: row.iri for row in connection.execute(select(tables.term.c.slug, tables.term.c.iri))}


def read_named(connection: Connection, names: set[str]) -> dict[str, str]:
    """The IRI of each name that a term has: its slug, a former slug, its IRI."""
    term, former = tables.term, tables.former_slug
    past = {row.slug: row.term_iri for row in rows_in(connection, select(former), former.c.slug, names)}
    by_slug = {r.slug: r.iri for r in rows_in(connection, select(term.c.slug, term.c.iri), term.c.slug, names)}
    by_iri = rows_in(connection, select(term.c.iri), term.c.iri, {*names, *past.values()})
    known = {row.iri: row.iri for row in by_iri}
    return {slug: iri for slug, iri in past.items() if iri in known} | known | by_slug


def read_former_slugs(connection: Connection) -> dict[str, str]:
    """The IRI of the term that had each slug that is in use no more."""
    former = tables.former_slug
    return {row.slug: row.term_iri for row in connection.execute(select(former))}


def read_triples(connection: Connection, subjects: Iterable[str]) -> dict[str, set[Triple]]:
    """What the graph says of each subject, given and returned by IRI. A subject that it does not know is absent."""
    resource = tables.resource
    rows = rows_in(connection, select(resource.c.iri, resource.c.triples), resource.c.iri, set(subjects))
    return {row.iri: from_lines(row.triples) for row in rows}


def read_term_triples(connection: Connection, terms: Iterable[str]) -> dict[str, set[Triple]]:
    """What the graph says of each term (by IRI) and its own resources."""
    resource = tables.resource
    triples: dict[str, set[Triple]] = defaultdict(set)
    for row in rows_in(connection, select(resource.c.term_iri, resource.c.triples), resource.c.term_iri, set(terms)):
        triples[row.term_iri] |= from_lines(row.triples)
    return triples


def all_lines(connection: Connection) -> Iterator[str]:
    """The whole graph as canonical N-Triples, a resource at a time, by IRI."""
    resource = tables.resource
    return (row.triples for row in connection.execute(select(resource.c.triples).order_by(resource.c.iri)))


def project(connection: Connection, removed: set[Triple], added: set[Triple]) -> Projection:
    """What the change makes of the mirror. It has to be effective: what it removes is there, what it adds is not."""
    changed: dict[str, tuple[set[Triple], set[Triple]]] = defaultdict(lambda: (set(), set()))
    for place, triples in enumerate((removed, added)):
        for triple in triples:
            changed[iri_value(triple[0])][place].add(triple)
    before = read_triples(connection, changed)
    after: dict[str, set[Triple]] = {}
    for subject, (gone, new) in changed.items():
        held = before.get(subject, set())
        if not gone <= held or held & new:
            raise ValueError(f"the change is not effective for <{subject}>")
        after[subject] = (held - gone) | new
    return _Projector(connection, after).projection()


class _Projector:
    """Works out the projection of a change from the triples that its subjects have after it."""

    def __init__(self, connection: Connection, after: dict[str, set[Triple]]) -> None:
        self.connection = connection
        self.after = after
        self.said = {subject: _said(triples) for subject, triples in after.items()}
        self.before = read_glossary(connection)
        self.glossary = self._glossary()
        term = tables.term
        rows = rows_in(connection, select(term.c.iri, term.c.home), term.c.iri, after)
        self.homes: dict[str, str] = {row.iri: self._rebased(row.iri, row.home) for row in rows}
        self.new = {s for s, said in self.said.items() if mapping.is_term(said) and s not in self.homes}
        for subject in self.new:
            self.homes[subject] = self._new_home(subject, self.said[subject])

    def _glossary(self) -> Glossary:
        """The glossary after the change. The first one that a log makes is ours, until a change moves it to another
        base; any other is a foreign scheme.
        """
        known = self.before
        moves = known is not None and known.iri in self.said and not mapping.is_glossary(self.said[known.iri])
        for subject, said in self.said.items():
            if mapping.is_glossary(said) and (known is None or moves or subject == known.iri):
                return mapping.read_glossary(subject, said)
        if known is None:
            raise ValueError("the first change of a log makes the glossary")
        return known

    def _rebased(self, iri: str, home: str) -> str:
        """The home of a term that keeps its IRI where the glossary moves to another base."""
        if self.before is None or self.before.base == self.glossary.base or iri == home:
            return home
        return self.glossary.base + home.removeprefix(self.before.base)

    def _new_home(self, subject: str, said: dict[str, list[str]]) -> str:
        if subject.startswith(f"{self.glossary.base}id/"):
            return subject
        slug = mapping.SLUG.read(said[mapping.SLUG.predicate][0])
        return self.glossary.term_iri(str(slug))

    def projection(self) -> Projection:
        owners = self._owners()
        result = Projection()
        if self.glossary.iri in self.after:
            result.glossary = self.glossary
        if self.before and self.before.base != self.glossary.base:
            base, old = self.glossary.base, self.before.base
            result.moved = {iri: old + iri.removeprefix(base) for iri in self.new if iri.startswith(base)}
        result.resources = {subject: (owners.get(subject), triples) for subject, triples in self.after.items()}
        touched = {owner for subject in self.after if (owner := owners.get(subject))}
        statements = self._statements(touched, owners, result)
        for owner in sorted(touched):
            result.terms[owner] = self._term(owner, statements[owner])
        known_topics = {row.iri for row in self.connection.execute(select(tables.topic.c.iri))}
        for subject, said in self.said.items():
            if mapping.is_topic(said):
                result.topics[subject] = mapping.read_topic(subject, said)
            elif subject in known_topics:
                result.topics[subject] = None
        return result

    def _owners(self) -> dict[str, str]:
        """The term of each touched resource, and of resources that were there before the term was."""
        term, resource = tables.term, tables.resource
        prefixes = {subject.partition("#")[0] for subject in self.after if "#" in subject}
        rows = rows_in(self.connection, select(term.c.iri, term.c.home), term.c.home, prefixes)
        by_home = {row.home: row.iri for row in rows} | {home: subject for subject, home in self.homes.items()}
        owners = {s: owner for s in self.after if (owner := by_home.get(s.partition("#")[0])) and "#" in s}
        owners |= {subject: subject for subject in self.homes}
        if self.new:  # only they can have resources that were there before
            for row in self.connection.execute(select(resource.c.iri).where(resource.c.term_iri.is_(None))):
                owner = by_home.get(row.iri.partition("#")[0])
                if owner and "#" in row.iri:
                    owners[row.iri] = owner
        return owners

    def _statements(self, touched: set[str], owners: dict[str, str], result: Projection) -> dict[str, set[Triple]]:
        """All triples of each touched term's subjects, after the change."""
        resource = tables.resource
        statements: dict[str, set[Triple]] = defaultdict(set)
        for row in rows_in(self.connection, select(resource), resource.c.term_iri, touched):
            if row.iri not in self.after:
                statements[row.term_iri] |= from_lines(row.triples)
        late = {subject for subject in owners if subject not in self.after}
        for subject, triples in read_triples(self.connection, late).items():
            result.resources[subject] = (owners[subject], triples)
            statements[owners[subject]] |= triples
        for subject, triples in self.after.items():
            if subject in owners:
                statements[owners[subject]] |= triples
        return statements

    def _term(self, term_iri: str, triples: set[Triple]) -> Term | None:
        statements = mapping.by_subject(triples)
        if not mapping.is_term(statements.get(f"<{term_iri}>", {})):
            return None
        return mapping.read_term(term_iri, self._home(term_iri), self.glossary.base, statements)

    def _home(self, term_iri: str) -> str:
        if term_iri not in self.homes:
            term = tables.term
            query = select(term.c.home).where(term.c.iri == term_iri)
            self.homes[term_iri] = self.connection.execute(query).scalar_one()
        return self.homes[term_iri]


def _said(triples: set[Triple]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = defaultdict(list)
    for _, predicate, object_ in sorted(triples):
        said[predicate].append(object_)
    return said


# --- writing ---------------------------------------------------------------------------------------------------------


def write(connection: Connection, projection: Projection, seq: int, time: str) -> None:
    """Store a projection as the rows of its changeset."""
    _replace(connection, tables.resource, tables.resource.c.iri, projection.resources, _resource_rows(projection))
    if projection.glossary:
        connection.execute(delete(tables.glossary))
        connection.execute(insert(tables.glossary).values(_glossary_row(projection.glossary)))
    showing = _showing(connection, projection)
    _write_terms(connection, projection, seq, time)
    topics = [topic for topic in projection.topics.values() if topic is not None]
    rows = [{"iri": t.iri, "slug": t.slug, "label": dict(t.label)} for t in topics]
    _replace(connection, tables.topic, tables.topic.c.iri, projection.topics, rows)
    _insert(
        connection, tables.member, [{"topic_iri": t.iri, "term_iri": member} for t in topics for member in t.members]
    )
    showing |= _showing(connection, projection)
    _touch(connection, projection, showing, seq)
    search_index.write(connection, projection.held_terms(), showing)
    _speak(connection, projection)


def _speak(connection: Connection, projection: Projection) -> None:
    """Say anew what the change says otherwise: of every term, if the glossary's languages may be others."""
    glossary = projection.glossary or read_glossary(connection)
    everything = connection.execute(select(tables.term.c.iri)).scalars() if projection.glossary else None
    if glossary:
        spoken.write(connection, list(everything) if everything else [t.iri for t in projection.held_terms()], glossary)


def _showing(connection: Connection, projection: Projection) -> set[str]:
    """The terms (by IRI) that are shown with a changed term or topic: neighbours, what it replaces, members."""
    edge, term, member = tables.edge, tables.term, tables.member
    return {
        row.iri
        for found, column, keys in (
            (edge.c.target_iri, edge.c.term_iri, projection.terms),
            (edge.c.term_iri, edge.c.target_iri, projection.terms),
            (term.c.iri, term.c.replaced_by, projection.terms),
            (member.c.term_iri, member.c.topic_iri, projection.topics),
        )
        for row in rows_in(connection, select(found.label("iri")), column, keys)
    }


def _touch(connection: Connection, projection: Projection, showing: set[str], seq: int) -> None:
    """Note the change on every term that is shown otherwise after it: on all, if the glossary itself changed."""
    touch = update(tables.term).values(touched=seq)
    if projection.glossary:
        connection.execute(touch)
    else:
        for chunk in chunks(showing):
            connection.execute(touch.where(tables.term.c.iri.in_(chunk)))


def _replace(
    connection: Connection, table: Table, key: Any, keys: Iterable[str], rows: Sequence[dict[str, Any]]
) -> None:
    for chunk in chunks(keys):
        connection.execute(delete(table).where(key.in_(chunk)))
    _insert(connection, table, rows)


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for chunk in chunks(rows, 5000):
        connection.execute(insert(table), chunk)


def _resource_rows(projection: Projection) -> list[dict[str, Any]]:
    return [
        {"iri": subject, "term_iri": owner, "triples": to_lines(triples)}
        for subject, (owner, triples) in projection.resources.items()
        if triples
    ]


def _glossary_row(glossary: Glossary) -> dict[str, Any]:
    return {
        "iri": glossary.iri,
        "languages": " ".join(glossary.languages),
        "title": dict(glossary.title),
        "licence": glossary.licence,
    }


def _write_terms(connection: Connection, projection: Projection, seq: int, time: str) -> None:
    term = tables.term
    before = list(rows_in(connection, select(term.c.iri, term.c.slug, term.c.created), term.c.iri, projection.terms))
    created = {row.iri: row.created for row in before}
    held = projection.held_terms()
    moved = projection.moved
    rows = [_term_row(one, seq, created.get(moved.get(one.iri, one.iri), time), time) for one in held]
    _replace(connection, term, term.c.iri, projection.terms, rows)  # its texts, edges and editions go with it
    _insert(connection, tables.text, [row for one in held for row in _text_rows(one)])
    _insert(connection, tables.edge, [row for one in held for row in _edge_rows(one)])
    _insert(connection, tables.edition, [row for one in held for row in _edition_rows(one)])
    _insert(connection, tables.history, [{"term_iri": iri, "seq": seq} for iri in sorted(projection.terms)])
    _write_former_slugs(connection, {row.slug: row.iri for row in before}, {one.slug for one in held})
    former = tables.former_slug
    for new, old in moved.items():
        connection.execute(update(former).where(former.c.term_iri == old).values(term_iri=new))


def _write_former_slugs(connection: Connection, before: Mapping[str, str], now: set[str]) -> None:
    """Note the slugs that the changed terms have given up; one that is in use again is no former slug."""
    former = tables.former_slug
    given_up = [{"slug": slug, "term_iri": iri} for slug, iri in before.items() if slug not in now]
    _replace(connection, former, former.c.slug, now, given_up)


def _term_row(term: Term, seq: int, created: str, time: str) -> dict[str, Any]:
    return {
        "iri": term.iri,
        "slug": term.slug,
        "home": term.home,
        "revision": seq,
        "touched": seq,
        "created": term.created or created,
        "modified": term.modified or time,
        "deprecated": term.deprecated,
        "replaced_by": term.replaced_by,
        "exact_match": list(term.exact_match),
        "close_match": list(term.close_match),
        "notations": list(term.notations),
        "sources": [source._asdict() for source in term.sources],
        "quiz": [_question(question) for question in term.quiz],
        "label": {lang: values[0] for lang, values in sorted(term.texts.get("prefLabel", {}).items())},
        "texts": {name: dict(sorted(by_language.items())) for name, by_language in sorted(term.texts.items())},
        "languages": language_states(term),
    }


def _question(question: Question) -> dict[str, Any]:
    return {**question._asdict(), "choices": [choice._asdict() for choice in question.choices]}


def _text_rows(term: Term) -> Iterator[dict[str, Any]]:
    for name, by_language in term.texts.items():
        for lang, values in by_language.items():
            for place, value in enumerate(values):
                yield {"term_iri": term.iri, "field": name, "lang": lang, "place": place, "value": value}


def _edge_rows(term: Term) -> Iterator[dict[str, Any]]:
    for kind, edges in term.edges.items():
        for edge in edges:
            row = {"term_iri": term.iri, "kind": kind, "target_iri": edge.target}
            yield {**row, "position": edge.position, "reason": dict(edge.reason)}


def _edition_rows(term: Term) -> Iterator[dict[str, Any]]:
    for lang, edition in term.editions.items():
        yield {"term_iri": term.iri, "lang": lang, **asdict(edition)}
