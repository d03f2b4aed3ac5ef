"""The past of terms and of the glossary: who changed what and when, a term as it was, and going back to that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from kgservice.errors import Fault, Gone, Invalid, NotFound
from kgservice.model.differences import describe
from kgservice.model.editions import language_states
from kgservice.model.glossary import Glossary
from kgservice.model.terms import Edge, Term
from kgservice.model.views import Ref, TermView
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple
from kgservice.services.editing import Edit, Written, writing
from kgservice.store import history, log, reading
from kgservice.store.graph_reader import GraphReader, read_glossary
from kgservice.store.history import Entry, Identity
from kgservice.store.log import to_lines
from kgservice.store.rows import Reading
from kgservice.store.store import Store
from kgservice.store.tokens import moment

TERMS_MAX = 1000
"""Most terms that are named of one change."""

INLINE_MAX = 100_000
"""Characters of a change's triples that are told in place; of more, a link is."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a change did to one term: in words, and in N-Triples lines."""

    entry: Entry
    summary: list[str]
    removed: str
    added: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of the glossary: the slugs of its terms (`more` if not all are named) and, if short, its lines."""

    entry: Entry
    terms: list[str]
    more: bool
    lines: tuple[str, str] | None


def parse_at(value: str) -> int | str:
    """A point in the past: a sequence, or a time as the log writes it. `Invalid` if it is neither."""
    if value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        message = f"{value[:50]!r} is neither a sequence nor a time, such as 2026-05-01T12:00:00Z"
        raise Invalid([Fault("at", message)]) from None
    return moment(told if told.tzinfo else told.replace(tzinfo=UTC))


def current_slug(store: Store, slug: str) -> str | None:
    """The present slug of the term that had this one before; None if no term had. `Gone` if it was removed."""
    with store.read() as connection:
        found = history.identity(connection, slug)
    if found and found.slug is None:
        raise Gone(f"the term {slug!r} was removed")
    return found.slug if found and found.slug != slug else None


class _TermPast:
    """One term's way back: from what is said of it now, change by change."""

    def __init__(self, connection: Reading, slug: str) -> None:
        found = history.identity(connection, slug)
        glossary = read_glossary(connection)
        if found is None or glossary is None or (found.slug and found.slug != slug):
            raise NotFound(f"there is no term {slug!r}")  # under a former slug, the present one is told elsewhere
        self.connection = connection
        self.glossary = glossary
        self.found: Identity = found
        self.iri = found.iri
        born_here = found.iri.startswith(f"{glossary.base}id/")
        self.home = found.home or (found.iri if born_here else glossary.term_iri(slug))

    def now(self) -> set[Triple]:
        return GraphReader(self.connection).term_triples([self.iri])[self.iri]

    def at(self, seq: int) -> set[Triple]:
        triples = self.now()
        for step in history.steps_back(self.connection, self.iri, self.home, seq):
            triples = step.undone(triples)
        return triples

    def term(self, triples: set[Triple]) -> Term | None:
        said = mapping.by_subject(triples)
        if not mapping.is_term(said.get(f"<{self.iri}>", {})):
            return None
        return mapping.read_term(self.iri, self.home, self.glossary.base, said)


def term_history(store: Store, slug: str, before: int | None, limit: int) -> tuple[list[Past], int | None]:
    """What was done to a term, the last change first, and the sequence before which the next page starts."""
    with store.read() as connection:
        past = _TermPast(connection, slug)
        triples = past.now()
        items: list[Past] = []
        for step in history.steps_back(connection, past.iri, past.home):
            earlier = step.undone(triples)
            if before is None or step.entry.seq < before:
                if len(items) == limit:
                    return items, items[-1].entry.seq
                summary = _in_words(connection, past.term(earlier), past.term(triples))
                items.append(Past(step.entry, summary, to_lines(step.removed), to_lines(step.added)))
            triples = earlier
    return items, None


def _in_words(connection: Reading, before: Term | None, after: Term | None) -> list[str]:
    ends = {edge.target for term in (before, after) if term for edges in term.edges.values() for edge in edges}
    ends |= {term.replaced_by for term in (before, after) if term and term.replaced_by}
    return describe(before, after, history.names(connection, ends))


def changes(store: Store, since: int, limit: int) -> tuple[list[Changed], int | None]:
    """The changes after a sequence, and the sequence after which the next page starts."""
    with store.read() as connection:
        entries = history.entries(connection, since, limit + 1)
        items = _changed(connection, entries[:limit])
    return items, items[-1].entry.seq if len(entries) > limit else None


def last_changes(store: Store, before: int, limit: int) -> tuple[list[Changed], int | None]:
    """The changes before a sequence, the last first, and the sequence before which the next page starts."""
    with store.read() as connection:
        entries = history.entries_before(connection, before, limit + 1)
        items = _changed(connection, entries[:limit])
    return items, items[-1].entry.seq if len(entries) > limit else None


def _changed(connection: Reading, entries: list[Entry]) -> list[Changed]:
    terms = history.terms_of(connection, [entry.seq for entry in entries], TERMS_MAX)
    names = history.names(connection, {iri for iris in terms.values() for iri in iris})
    return [
        Changed(
            entry,
            sorted(names.get(iri, iri) for iri in terms[entry.seq][:TERMS_MAX]),
            len(terms[entry.seq]) > TERMS_MAX,
            history.lines_of(connection, entry.seq) if entry.size <= INLINE_MAX else None,
        )
        for entry in entries
    ]


def change_lines(store: Store, seq: int) -> tuple[str, str]:
    """The lines that a change removed and added; `NotFound` if there is no such change."""
    with store.read() as connection:
        lines = history.lines_of(connection, seq)
    if lines is None:
        raise NotFound(f"there is no change {seq}")
    return lines


def term_at(store: Store, slug: str, at: int | str) -> tuple[TermView, Glossary]:
    """A term as it was at a sequence or a time. The labels of its neighbours, and what requires it, are today's."""
    with store.read() as connection:
        past = _TermPast(connection, slug)
        if isinstance(at, int):
            _require_made(connection, "at", at)
        seq = history.sequence_at(connection, at) if isinstance(at, str) else at
        touch = history.last_touch(connection, past.iri, seq)
        term = past.term(past.at(seq)) if touch else None
        first = history.first_touch(connection, past.iri)
        if touch is None or term is None:
            then = at if isinstance(at, str) else f"change {at}"
            raise NotFound(f"there was no term {slug!r} at {then}; the first change to it was at {first}")
        today = reading.term_view(connection, slug)
        ends = {e.target for edges in term.edges.values() for e in edges} | {term.replaced_by or ""}
        refs = _refs(connection, ends)
    neighbours = {kind: _in_order(edges, refs) for kind, edges in term.edges.items()}
    if today:
        neighbours["requiredBy"] = list(today.neighbours.get("requiredBy", ()))
    view = TermView(
        iri=term.iri,
        slug=term.slug,
        revision=touch.seq,
        label={lang: values[0] for lang, values in term.texts.get(reading.LABEL, {}).items()},
        texts=term.texts,
        neighbours=neighbours,
        topics=today.topics if today else [],
        languages=language_states(term),
        sources=term.sources,
        quiz=term.quiz,
        exact_match=term.exact_match,
        close_match=term.close_match,
        notations=term.notations,
        created=term.created or first,
        modified=term.modified or touch.time,
        deprecated=term.deprecated,
        replaced_by=refs.get(term.replaced_by or ""),
    )
    return view, past.glossary


def _require_made(connection: Reading, field: str, seq: int) -> None:
    """Raise `Invalid` if there is no such change yet."""
    last = log.head(connection).seq
    if seq > last:
        raise Invalid([Fault(field, f"there is no change {seq} yet; the last is {last}")])


def _refs(connection: Reading, iris: set[str]) -> dict[str, Ref]:
    slugs, labels = history.names(connection, iris), reading.labels(connection, iris)
    return {iri: Ref(iri, slug, labels.get(iri, {}), {}) for iri, slug in slugs.items()}


def _in_order(edges: tuple[Edge, ...], refs: Mapping[str, Ref]) -> list[Ref]:
    """The neighbours by position, then slug, each with the reason that the edge had."""
    told = [(edge, refs[edge.target]) for edge in edges if edge.target in refs]
    told.sort(key=lambda pair: (pair[0].position is None, pair[0].position or 0, pair[1].slug))
    return [Ref(ref.iri, ref.slug, ref.label, edge.reason) for edge, ref in told]


def revert_term(store: Store, slug: str, to: int, edit: Edit) -> Written:
    """Make a term what it was at a sequence, as a new change. Its slug stays as it is now.

    What counted as reviewed then is a draft again, unless the one who reverts may review.
    """
    with writing(store, edit, f"{slug} is as it was at change {to}") as editing:
        held = editing.held(slug)
        past = _TermPast(editing.change.connection, slug)
        _require_made(editing.change.connection, "to", to)
        triples = past.at(to)
        term = past.term(triples)
        if term is None:
            raise Invalid([Fault("to", f"there was no term {slug!r} at change {to}")])
        editing.restore(held, term, triples)
    return editing.written()
