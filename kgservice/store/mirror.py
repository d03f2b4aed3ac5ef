"""The mirror: SQL rows as a pure function of the log.

`project` works out what a change makes of the resources, terms and topics that it touches; `write` stores that. Every
changeset passes through both, when it is first committed and when the mirror is made anew.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CompoundSelect, Connection, bindparam, delete, func, insert, or_, select, union_all, update

from kgservice.model.glossary import Glossary, Topic
from kgservice.model.terms import Term
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri, iri_value
from kgservice.store import reading, search_index, spoken, tables, term_rows
from kgservice.store.graph_reader import GraphReader
from kgservice.store.log import to_lines
from kgservice.store.rows import add_rows, among, change_in, rows_in, write_difference
from kgservice.store.statements import Values
from kgservice.store.term_rows import Rewritten


@dataclass
class Projection:
    """What a change makes of all that it touches. A term, topic or resource that is gone is None."""

    resources: dict[str, tuple[str | None, Collection[Triple]]] = field(default_factory=dict)  # its term's IRI, triples
    stored: Collection[str] = ()  # those of the resources that were there before
    terms: dict[str, Term | None] = field(default_factory=dict)
    before: dict[str, Term | None] = field(default_factory=dict)  # those of the terms that were there, as they were
    created: dict[str, str] = field(default_factory=dict)  # when each of these was made
    topics: dict[str, Topic | None] = field(default_factory=dict)
    glossary: Glossary | None = None  # as the change leaves it; None if it says nothing of it
    known_glossary: Glossary | None = None  # the one before
    moved: dict[str, str] = field(default_factory=dict)  # where the base changes: a term's new IRI, and the one before

    def held_terms(self) -> list[Term]:
        """The terms that are there after the change."""
        return [term for term in self.terms.values() if term is not None]

    def states(self) -> list[Term]:
        """The terms before and after the change."""
        return [term for terms in (self.before, self.terms) for term in terms.values() if term is not None]


def read_slugs(connection: Connection) -> dict[str, str]:
    """The IRI of each slug that a term has."""
    return {row.slug: row.iri for row in connection.execute(select(tables.term.c.slug, tables.term.c.iri))}


def _named_statement() -> CompoundSelect[Any]:
    """Terms by any name: slug, IRI, a slug that they had. No two terms share one."""
    term, former = tables.term, tables.former_slug
    return union_all(
        select(term.c.slug.label("name"), term.c.iri).where(among(term.c.slug)),
        select(term.c.iri, term.c.iri).where(among(term.c.iri)),
        select(former.c.slug, term.c.iri).join(term, term.c.iri == former.c.term_iri).where(among(former.c.slug)),
    )


_NAMED = _named_statement()


def read_named(connection: Connection, names: set[str]) -> dict[str, str]:
    """The IRI of each name that a term has: its slug, a former slug, its IRI."""
    return {row.name: row.iri for row in rows_in(connection, _NAMED, names)}


def read_former_slugs(connection: Connection) -> dict[str, str]:
    """The IRI of the term that had each slug that is in use no more."""
    former = tables.former_slug
    return {row.slug: row.term_iri for row in connection.execute(select(former))}


def all_lines(connection: Connection) -> Iterator[str]:
    """The whole graph as canonical N-Triples, a resource at a time, by IRI."""
    resource = tables.resource
    return (row.triples for row in connection.execute(select(resource.c.triples).order_by(resource.c.iri)))


def size(connection: Connection) -> tuple[int, int]:
    """How many terms and how many triples there are; each triple is a line."""
    text = tables.resource.c.triples
    lines = func.coalesce(func.sum(func.length(text) - func.length(func.replace(text, "\n", ""))), 0)
    terms = connection.execute(select(func.count()).select_from(tables.term)).scalar_one()
    return terms, connection.execute(select(lines)).scalar_one()


def project(
    before: GraphReader, removed: Collection[Triple], added: Collection[Triple], *, afresh: bool = False
) -> Projection:
    """What the change makes of the mirror. It has to be effective: what it removes is there, what it adds is not.

    Terms are read again where they differ, or whole if `afresh`: a replay shows that this comes to the same.
    """
    changed: dict[str, tuple[set[Triple], set[Triple]]] = defaultdict(lambda: (set(), set()))
    for place, triples in enumerate((removed, added)):
        for triple in triples:
            changed[iri_value(triple[0])][place].add(triple)
    known = before.resources(changed)
    after: dict[str, set[Triple]] = {}
    for subject, (gone, new) in changed.items():
        held = known.get(subject, frozenset())
        if not gone <= held or held & new:
            raise ValueError(f"the change is not effective for <{subject}>")
        after[subject] = set(held - gone) | new
    return _Projector(before, after, afresh=afresh).projection()


_TERMS = select(tables.term.c.iri, tables.term.c.home, tables.term.c.created).where(
    or_(among(tables.term.c.iri), among(tables.term.c.home))
)


class _Projector:
    """Works out the projection of a change from the triples that its subjects have after it."""

    def __init__(self, graph: GraphReader, after: dict[str, set[Triple]], *, afresh: bool) -> None:
        self.graph = graph
        self.afresh = afresh
        self.after = after
        self.said = {subject: mapping.said(triples) for subject, triples in after.items()}
        self.before = graph.glossary
        self.glossary = self._glossary()
        names = {*after, *(subject.partition("#")[0] for subject in after)}
        self.rows = {row.iri: row for row in rows_in(graph.connection, _TERMS, names)}
        self.homes: dict[str, str] = {iri: self._rebased(iri, row.home) for iri, row in self.rows.items()}
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

    def _new_home(self, subject: str, said: mapping.Said) -> str:
        if subject.startswith(f"{self.glossary.base}id/"):
            return subject
        slug = mapping.SLUG.read(said[mapping.SLUG.predicate][0])
        return self.glossary.term_iri(str(slug))

    def projection(self) -> Projection:
        owners = self._owners()
        result = Projection(known_glossary=self.before)
        if self.glossary.iri in self.after:
            result.glossary = self.glossary
        if self.before and self.before.base != self.glossary.base:
            base, old = self.glossary.base, self.before.base
            result.moved = {iri: old + iri.removeprefix(base) for iri in self.new if iri.startswith(base)}
        result.resources = {subject: (owners.get(subject), triples) for subject, triples in self.after.items()}
        touched = {owner for subject in self.after if (owner := owners.get(subject))}
        statements = self._statements(touched, owners, result)
        for owner in sorted(touched):
            if row := self.rows.get(owner):
                result.before[owner] = self.graph.term(owner, row.home)
                result.created[owner] = row.created
            result.terms[owner] = self._term(owner, statements[owner], result.before.get(owner))
        result.stored = self.graph.resources(result.resources).keys()
        for subject, said in self.said.items():
            if mapping.is_topic(said):
                result.topics[subject] = mapping.read_topic(subject, said)
            elif self._was_topic(subject):
                result.topics[subject] = None
        return result

    def _was_topic(self, subject: str) -> bool:
        held = self.graph.resources([subject]).get(subject, frozenset())
        return (iri(subject), mapping.TYPE, mapping.COLLECTION) in held and mapping.is_topic(mapping.said(held))

    def _owners(self) -> dict[str, str]:
        """The term of each touched resource, and of resources that were there before the term was."""
        resource = tables.resource
        by_home = {row.home: iri for iri, row in self.rows.items()}
        by_home |= {home: subject for subject, home in self.homes.items()}
        owners = {s: owner for s in self.after if (owner := by_home.get(s.partition("#")[0])) and "#" in s}
        owners |= {subject: subject for subject in self.homes if subject in self.after}
        if self.new:  # only they can have resources that were there before
            waiting = select(resource.c.iri).where(resource.c.term_iri.is_(None))
            for row in self.graph.connection.execute(waiting):
                owner = by_home.get(row.iri.partition("#")[0])
                if owner and "#" in row.iri:
                    owners[row.iri] = owner
        return owners

    def _statements(
        self, touched: set[str], owners: dict[str, str], result: Projection
    ) -> dict[str, dict[str, mapping.Said]]:
        """What is said of each touched term and its own resources, after the change."""
        statements = {term: dict(held) for term, held in self.graph.statements(touched).items()}
        late = {subject for subject in owners if subject not in self.after}
        for subject, triples in self.graph.resources(late).items():
            result.resources[subject] = (owners[subject], triples)
            statements[owners[subject]][iri(subject)] = mapping.said(triples)
        for subject, said in self.said.items():
            if subject in owners:
                statements[owners[subject]][iri(subject)] = said
        return statements

    def _term(self, term_iri: str, statements: mapping.Statements, before: Term | None) -> Term | None:
        if not mapping.is_term(statements.get(iri(term_iri), {})):
            return None
        known = None
        if before and not self.afresh and self.glossary is self.before and before.home == self.homes[term_iri]:
            known = (before, self.graph.statements([term_iri])[term_iri])
        return mapping.read_term(term_iri, self.homes[term_iri], self.glossary.base, statements, known)


# --- writing ---------------------------------------------------------------------------------------------------------


def write(connection: Connection, projection: Projection, seq: int, time: str) -> None:
    """Store a projection as the rows of its changeset."""
    showing = _showing(connection, projection)
    _write_resources(connection, projection)
    if projection.glossary:
        connection.execute(delete(tables.glossary))
        connection.execute(insert(tables.glossary).values(_glossary_row(projection.glossary)))
    terms, rows = _write_terms(connection, projection, seq, time)
    _write_topics(connection, projection)
    _touch(connection, projection, showing, seq)
    search_index.write(connection, terms)
    _speak(connection, projection, rows)


def _speak(connection: Connection, projection: Projection, rows: list[Values]) -> None:
    """Say anew what the change says otherwise: of every term, if the glossary has other languages now."""
    glossary = projection.glossary or projection.known_glossary
    if glossary is None:
        raise ValueError("there is no glossary whose languages something could be said in")
    if projection.known_glossary and projection.known_glossary.languages != glossary.languages:
        rows = [dict(row) for row in connection.execute(select(tables.term)).mappings()]
    spoken.write(connection, map(reading.own_view, rows), glossary)


_AROUND = union_all(
    select(tables.edge.c.term_iri.label("iri")).where(among(tables.edge.c.target_iri)),
    select(tables.term.c.iri).where(among(tables.term.c.replaced_by)),
)
_MEMBERS = select(tables.member.c.term_iri.label("iri")).where(among(tables.member.c.topic_iri))


def _showing(connection: Connection, projection: Projection) -> set[str]:
    """The terms (by IRI) that a changed term or topic is or was shown with: neighbours, what it replaces, members."""
    stated = (edge for one in projection.states() for edges in one.edges.values() for edge in edges)
    members = (member for topic in projection.topics.values() if topic for member in topic.members)
    found = {edge.target for edge in stated} | set(members)
    for statement, keys in ((_AROUND, projection.terms), (_MEMBERS, projection.topics)):
        found |= {row.iri for row in rows_in(connection, statement, keys)}
    return found


_TOUCH = update(tables.term).values(touched=bindparam("seq")).where(among(tables.term.c.iri))


def _touch(connection: Connection, projection: Projection, showing: set[str], seq: int) -> None:
    """Note the change on every term that is shown otherwise after it: on all, if the glossary itself changed."""
    if projection.glossary:
        connection.execute(update(tables.term).values(touched=seq))
    else:
        change_in(connection, _TOUCH, showing, seq=seq)


def _write_resources(connection: Connection, projection: Projection) -> None:
    stored = ({"iri": subject} for subject in projection.stored)
    held = (
        {"iri": subject, "term_iri": owner, "triples": to_lines(triples)}
        for subject, (owner, triples) in projection.resources.items()
        if triples
    )
    write_difference(connection, tables.resource, stored, held)


def _glossary_row(glossary: Glossary) -> dict[str, Any]:
    return {
        "iri": glossary.iri,
        "languages": " ".join(glossary.languages),
        "title": dict(glossary.title),
        "licence": glossary.licence,
    }


_WITHOUT_TERMS, _WITHOUT_TOPICS = (delete(one).where(among(one.c.iri)) for one in (tables.term, tables.topic))
_WITHOUT_SLUGS = delete(tables.former_slug).where(among(tables.former_slug.c.slug))


def _write_terms(
    connection: Connection, projection: Projection, seq: int, time: str
) -> tuple[list[Rewritten], list[Values]]:
    """Write the rows of the terms. One that has another slug is written anew, since no two may have the same.

    Returns what became of each, and the rows of those that are there.
    """
    anew = {iri for iri, was in projection.before.items() if _is_renamed(was, projection.terms[iri])}
    change_in(connection, _WITHOUT_TERMS, anew)  # their texts, edges and editions go with them
    before = {iri: was for iri, was in projection.before.items() if iri not in anew}
    terms = [(before.get(iri), now) for iri, now in projection.terms.items()]
    moved = projection.moved
    created = projection.created | {new: projection.created.get(old, time) for new, old in moved.items()}
    rows = term_rows.write(connection, terms, created, seq, time)
    add_rows(connection, tables.history, [{"term_iri": iri, "seq": seq} for iri in sorted(projection.terms)])
    _write_former_slugs(connection, projection)
    former = tables.former_slug
    for new, old in moved.items():
        connection.execute(update(former).where(former.c.term_iri == old).values(term_iri=new))
    return terms, rows


def _is_renamed(was: Term | None, now: Term | None) -> bool:
    return was is None or now is None or (was.slug, was.home) != (now.slug, now.home)


def _write_former_slugs(connection: Connection, projection: Projection) -> None:
    """Note the slugs that the changed terms have given up; one that is in use again is no former slug."""
    before = {one.slug: one.iri for one in projection.before.values() if one}
    now = {one.slug for one in projection.held_terms()}
    change_in(connection, _WITHOUT_SLUGS, now - before.keys())
    given_up = [{"slug": slug, "term_iri": iri} for slug, iri in before.items() if slug not in now]
    add_rows(connection, tables.former_slug, given_up)


def _write_topics(connection: Connection, projection: Projection) -> None:
    change_in(connection, _WITHOUT_TOPICS, projection.topics)  # their members go with them
    topics = [topic for topic in projection.topics.values() if topic is not None]
    add_rows(connection, tables.topic, [{"iri": t.iri, "slug": t.slug, "label": dict(t.label)} for t in topics])
    members = [{"topic_iri": t.iri, "term_iri": member} for t in topics for member in t.members]
    add_rows(connection, tables.member, members)
