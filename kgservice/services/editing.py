"""Editing: each write over HTTP is one change that was asked for by somebody, made from a revision that they saw.

A document replaces what the model knows of a term. What the model does not know stays, and the other ends of `related`
and `broader` edges follow.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kgservice.errors import Fault, Gone, Invalid, NotFound, PreconditionFailed, PreconditionRequired
from kgservice.model.editions import edited, with_status
from kgservice.model.glossary import Glossary
from kgservice.model.slugs import is_slug, not_a_slug
from kgservice.model.terms import Edition, Term, term_faults
from kgservice.model.views import TermView
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri, iri_value, parse_literal
from kgservice.services.documents import Document, json_path, label_faults, named_terms, read_document, term_path
from kgservice.store import history, reading
from kgservice.store.store import Change, Held, Store


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a write was made from: revisions that its sender saw, any revision at all, or no term (`absent`)."""

    revisions: frozenset[int] = frozenset()
    any: bool = False
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Who writes, with which note, and from what. `may_review` is whether a text of theirs can count as reviewed."""

    editor: str
    note: str
    made_from: Precondition
    may_review: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: the sequence that holds it (the log's last if nothing changed) and whether it made the term."""

    seq: int
    created: bool = False


def put_term(store: Store, slug: str, document: Document, edit: Edit) -> Written:
    """Make a term, or replace what is known of it. `Invalid` names every fault of the document."""
    if not is_slug(slug):
        raise Invalid([Fault("slug", not_a_slug(slug))])
    with writing(store, edit, f"edit of {slug}", making=True) as editing:
        held = editing.held_or_none(slug)
        editing.replace(held, slug, document)
    return editing.written(created=held is None)


def patch_term(
    store: Store, slug: str, patch: Document, edit: Edit, represent: Callable[[TermView, Glossary], Document]
) -> Written:
    """Merge a patch (RFC 7396) into a term's editing representation, which `represent` gives."""
    with writing(store, edit, f"edit of {slug}") as editing:
        held = editing.held(slug)
        view = reading.term_view(editing.change.connection, slug)
        if view is None:
            raise NotFound(f"there is no term {slug!r}")
        merged = merge_patch(represent(view, editing.glossary), patch)
        editing.replace(held, slug, merged if isinstance(merged, dict) else {})
    return editing.written()


def merge_patch(target: object, patch: object) -> object:
    """The target as a merge patch makes it (RFC 7396): null removes, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def deprecate_term(store: Store, slug: str, replaced_by: str | None, edit: Edit) -> Written:
    """Take a term out of use; its IRI goes on answering, and says what replaces it."""
    with writing(store, edit, f"{slug} is deprecated") as editing:
        held = editing.held(slug)
        target = editing.change.terms_named([replaced_by]).get(replaced_by) if replaced_by else None
        if replaced_by and target is None:
            raise Invalid([Fault("replacedBy", f"{replaced_by!r} is no term of this glossary")])
        if target == held.iri:
            raise Invalid([Fault("replacedBy", "is the term itself")])
        before = editing.term(held)
        editing.stage(held, before, replace(before, deprecated=True, replaced_by=target or before.replaced_by))
    return editing.written()


def purge_term(store: Store, slug: str, edit: Edit) -> Written:
    """Remove a term with all that is said of it; its past stays in the log. `Invalid` if others need it."""
    with writing(store, edit, f"{slug} is removed") as editing:
        held = editing.held(slug)
        before = editing.term(held)
        editing.stage(held, before, None)
        topics = editing.change.topics_of(held.iri)
        editing.change.stage({(iri(topic), mapping.MEMBER, iri(held.iri)) for topic in topics.values()}, set())
    return editing.written()


def rename_term(store: Store, slug: str, new: str, edit: Edit) -> Written:
    """Give a term another slug. Its IRI stays; the old slug leads to it for ever."""
    with writing(store, edit, f"{slug} is renamed {new}") as editing:
        held = editing.held(slug)
        before = editing.term(held)
        if not is_slug(new):
            raise Invalid([Fault("slug", not_a_slug(new))])
        holder = history.identity(editing.change.connection, new)
        if holder and holder.slug == new and holder.iri != held.iri:
            raise Invalid([Fault("slug", f"{new!r} is the slug of another term, <{holder.iri}>")])
        editing.stage(held, before, replace(before, slug=new))
    return editing.written()


def set_status(store: Store, slug: str, lang: str, status: str, edit: Edit) -> Written:
    """Give the edition of a language another status."""
    with writing(store, edit, f"{slug} in {lang} is {status}") as editing:
        held = editing.held(slug)
        before = editing.term(held)
        edition = with_status(before, lang, status, editing.glossary.languages[0])
        if isinstance(edition, Fault):
            raise Invalid([edition])
        editing.stage(held, before, replace(before, editions={**before.editions, lang: edition}))
    return editing.written()


def _modified(term: Term) -> Term:
    """The term with the time of its change, if the graph keeps one."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(term, modified=now) if term.modified else term


class Editing:
    """One edit in the making, inside the write transaction."""

    def __init__(self, store: Store, change: Change, edit: Edit) -> None:
        self.store = store
        self.change = change
        self.edit = edit
        glossary = change.graph.glossary
        if glossary is None:
            raise NotFound("there is no glossary yet")
        self.glossary = glossary

    def held_or_none(self, slug: str) -> Held | None:
        """The term with that slug, or None where one can be made, once the precondition holds for it.

        `NotFound` for a former slug, as `held`; `Invalid` if a new term should have it.
        """
        held = self.change.term(slug)
        past = None if held else history.identity(self.change.connection, slug)
        if past:
            if not self.edit.made_from.absent:
                raise self._missing(slug)
            whose = f"of the term that is {past.slug!r} now" if past.slug else "of a term that was removed"
            raise Invalid([Fault("slug", f"{slug!r} was the slug {whose}; a slug is never used again")])
        _require(self.edit.made_from, slug, held.revision if held else None)
        return held

    def held(self, slug: str) -> Held:
        """The term with that slug, once the precondition holds for it; `NotFound` if there is none."""
        held = self.change.term(slug)
        if held is None:
            raise self._missing(slug)
        _require(self.edit.made_from, slug, held.revision)
        return held

    def _missing(self, slug: str) -> NotFound:
        if slug in self.change.former_slugs():
            return Gone(f"there is no term {slug!r} any more")
        return NotFound(f"there is no term {slug!r}")

    def term(self, held: Held) -> Term:
        """The term as the graph tells it."""
        term = self.change.graph.term(held.iri, held.home)
        if term is None:
            raise NotFound(f"there is no term {held.slug!r}")
        return term

    def replace(self, held: Held | None, slug: str, document: Document) -> None:
        """Stage what a document makes of a term. `Invalid` names every fault, those between terms too."""
        before = self.term(held) if held else None
        own = self.glossary.term_iri(slug)
        blank = before or Term(iri=own, slug=slug, home=own, texts={})
        terms = self.change.terms_named(named_terms(document)) | {slug: blank.iri, blank.iri: blank.iri}
        topics = self.change.topics_of(blank.iri)
        term, faults = read_document(document, blank, terms, topics, self.glossary)
        faults += label_faults(before, term, self.glossary)
        told = {fault.field for fault in faults}
        more = [replace(fault, field=term_path(fault.field, term)) for fault in term_faults(term)]
        faults += [fault for fault in more if fault.field not in told]
        if faults:
            raise Invalid(_once([*faults, *self._edge_faults(held, before, term)]))
        if term != before:
            first = self.glossary.languages[0]
            self.stage(held, before, replace(term, editions=edited(before, term, first)))

    def _edge_faults(self, held: Held | None, before: Term | None, term: Term) -> list[Fault]:
        """What the edges of a document that is faulty elsewhere would break: with texts that are sound."""
        sound = {"prefLabel": {self.glossary.languages[0]: (term.slug,)}}
        edges = {
            kind: tuple(replace(edge, position=i, reason={}) for i, edge in enumerate(held_edges, 1))
            for kind, held_edges in term.edges.items()
        }
        probe = Term(iri=term.iri, slug=term.slug, home=term.home, texts=sound, edges=edges)
        self.stage(held, before, probe)
        return [_in_json_words(fault, term.slug) for fault in self.change.faults()]

    def stage(self, held: Held | None, before: Term | None, after: Term | None) -> None:
        """Stage the difference between two states of a term, what follows from it at other terms included."""
        if before is not None and before == after:
            return
        was = set(held.triples) if held else set()
        now = self._triples(was, before, _modified(after)) if after else set()
        others_removed, others_added = self._inverses(before, after)
        self.change.stage((was - now) | others_removed, (now - was) | others_added)

    def restore(self, held: Held, term: Term, triples: set[Triple]) -> None:
        """Stage a former state of a term, what the model does not know of it included. The slug stays."""
        before = self.term(held)
        rest = triples - mapping.term_triples(term, self.glossary)
        editions = {lang: self._trusted(before, lang, edition) for lang, edition in term.editions.items()}
        after = replace(term, slug=before.slug, editions=editions)
        if after == before and rest <= held.triples:
            return
        now = mapping.term_triples(_modified(after), self.glossary) | rest
        removed, added = self._inverses(before, after)
        self.change.stage((set(held.triples) - now) | removed, (now - held.triples) | added)

    def _trusted(self, before: Term, lang: str, edition: Edition) -> Edition:
        """A former edition; reviewed again only if it is so now or the editor may review."""
        now = before.editions.get(lang)
        if edition.status != "reviewed" or self.edit.may_review or (now and now.status == "reviewed"):
            return edition
        return replace(edition, status="draft")

    def _triples(self, was: set[Triple], before: Term | None, after: Term) -> set[Triple]:
        """All triples of the term afterwards: what the model knows, and of the rest what is not replaced with it."""
        known = mapping.term_triples(before, self.glossary) if before else set()
        now = mapping.term_triples(after, self.glossary)
        slots = {_slot(triple) for triple in known ^ now if triple[1] in mapping.REPLACED}
        parts = {triple[0] for triple in known} - {triple[0] for triple in now}
        unknown = was - known
        return now | {t for t in unknown if _slot(t) not in slots and t[0] not in parts and t[2] not in parts}

    def _inverses(self, before: Term | None, after: Term | None) -> tuple[set[Triple], set[Triple]]:
        """What is removed from and added to other terms, so that related, broader and narrower stand both ways."""
        subject = iri((after or before).iri)  # type: ignore[union-attr]
        removed: set[Triple] = set()
        added: set[Triple] = set()
        for kind, inverse in mapping.INVERSES.items():
            old, new = (_targets(term, kind) for term in (before, after))
            predicate = mapping.EDGE_PREDICATES[inverse]
            removed |= {(iri(target), predicate, subject) for target in old - new}
            removed |= self._edge_resources(old - new, inverse, iri_value(subject))
            added |= {(iri(target), predicate, subject) for target in new - old}
        subjects = {iri_value(triple[0]) for triple in removed | added}
        there = {triple for held in self.change.triples(subjects).values() for triple in held}
        return removed & there, added - there

    def _edge_resources(self, sources: set[str], kind: str, target: str) -> set[Triple]:
        """All that is said of edges of a kind from some terms to one, and what leads to that."""
        fragment = mapping.edge_id(self.glossary.base, kind, target)
        parts = {f"{home}#{fragment}": source for source, home in self.change.homes_of(sources).items()}
        leading = {(iri(source), mapping.EDGE, iri(part)) for part, source in parts.items()}
        return leading.union(*self.change.triples(parts).values())

    def written(self, *, created: bool = False) -> Written:
        """What came of it, once the change is committed."""
        return Written(self.change.seq or self.store.head().seq, created)


def _targets(term: Term | None, kind: str) -> set[str]:
    return {edge.target for edge in term.edges.get(kind, ())} if term else set()


@contextmanager
def writing(store: Store, edit: Edit, note: str, *, making: bool = False) -> Iterator[Editing]:
    """An edit as one change. Faults between terms are told by the keys of the JSON API.

    `making` is whether it may be of a term that is not there yet.
    """
    if not (edit.made_from.revisions or edit.made_from.any or edit.made_from.absent):
        new = ", or If-None-Match: * for a new term" if making else ""
        raise PreconditionRequired(f"say what the write was made from: If-Match with the ETag that you read{new}")
    with store.write(edit.editor, edit.note or note) as change:
        editing = Editing(store, change, edit)
        yield editing
        found = change.faults() or change.shape_faults()
        if found:
            raise Invalid(_once([_in_json_words(fault) for fault in found]))


def _require(made_from: Precondition, slug: str, revision: int | None) -> None:
    if made_from.absent and revision is not None:
        raise PreconditionFailed(f"there is a term {slug!r} already, at revision {revision}", revision)
    if made_from.absent or (made_from.any and revision is not None):
        return
    if revision is None:
        raise PreconditionFailed(f"there is no term {slug!r}; If-None-Match: * makes one", None)
    if revision not in made_from.revisions:
        seen = ", ".join(f"r{one}" for one in sorted(made_from.revisions) if one >= 0) or "what If-Match names"
        told = f"{slug!r} is at revision {revision}, not {seen}: read it again and make the edit from that"
        raise PreconditionFailed(told, revision)


def _in_json_words(fault: Fault, slug: str = "") -> Fault:
    """A fault between terms by the key of the document: `networking: prerequisite` is `prerequisites`."""
    return Fault(json_path(fault.field.removeprefix(f"{slug}: ")), fault.message)


def _once(faults: list[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))


def _slot(triple: Triple) -> tuple[str, str, str | None]:
    """What an edit replaces as a whole: the subject, the predicate and the language."""
    parsed = parse_literal(triple[2])
    return triple[0], triple[1], parsed.lang if parsed else None
