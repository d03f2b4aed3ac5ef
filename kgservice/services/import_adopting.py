"""Import: the concepts of a file become terms of this glossary, each with a slug of its own."""

import hashlib
import re
from collections import Counter

from kgservice.errors import Fault, Invalid
from kgservice.model.slugs import SLUG_MAX, is_slug, slugify
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import iri, literal, parse_literal
from kgservice.services.import_merge import Merge


def concepts(merge: Merge) -> set[str]:
    """The IRIs of the terms that the file describes."""
    return {
        subject
        for subject, triples in merge.new.items()
        if any((iri(subject), mapping.TYPE, type_) in triples for type_ in mapping.TERM_TYPES)
    }


def adopt(merge: Merge, terms: set[str]) -> None:
    """Make each concept a term of this glossary: types, scheme, slug."""
    _require_own_slugs(merge, terms)
    slugs = _slugs_for(merge, {term for term in terms if term not in merge.existing})
    for term in terms:
        slug = merge.slugs.get(term) or slugs[term]
        told = {t for t in merge.new[term] if t[1] == mapping.SLUG.predicate}
        if term in merge.existing and told and told != {(iri(term), mapping.SLUG.predicate, literal(slug))}:
            merge.report("warning", term, "the file gives it another slug; an import renames no term")
        merge.new[term] -= told
        merge.new[term] |= {(iri(term), mapping.TYPE, type_) for type_ in mapping.TERM_TYPES}
        merge.new[term].add((iri(term), mapping.IN_SCHEME, iri(merge.batch.glossary.iri)))
        merge.new[term].add((iri(term), mapping.SLUG.predicate, literal(slug)))
        merge.slugs[term] = slug
        home = term if term.startswith(f"{merge.base}id/") else merge.batch.glossary.term_iri(slug)
        merge.homes[term] = merge.existing.get(term, home)


def _told_slug(merge: Merge, term: str) -> str | None:
    told = sorted(t[2] for t in merge.new[term] if t[1] == mapping.SLUG.predicate)
    parsed = parse_literal(told[0]) if told else None
    return parsed.value if parsed else None


def _require_own_slugs(merge: Merge, terms: set[str]) -> None:
    """Raise if two terms claim one slug; drop records whose slug is none."""
    claimed: dict[str, str] = {slug: term for term, slug in merge.slugs.items()}
    faults = []
    for term in sorted(terms):
        slug = _told_slug(merge, term)
        if slug is None or term in merge.existing:
            continue
        if not is_slug(slug):
            merge.drop(term, f"left out: {slug!r} is not a slug")
            terms.discard(term)
        elif claimed.setdefault(slug, term) != term:
            faults.append(Fault("slug", f"{slug!r} is claimed by both <{claimed[slug]}> and <{term}>"))
    if faults:
        raise Invalid(faults)


def _slugs_for(merge: Merge, terms: set[str]) -> dict[str, str]:
    """A slug for each new term: as the file says, else after its label; where labels clash, with the IRI's end."""
    slugs = {term: slug for term in terms if (slug := _told_slug(merge, term))}
    homes = (home.removeprefix(f"{merge.base}id/") for home in (*merge.existing.values(), *terms))
    taken = {*merge.batch.known, *slugs.values(), *homes}
    wanted = {term: _label_slug(merge, term) for term in terms if term not in slugs}
    counts = Counter(wanted.values())
    for term in sorted(wanted):
        slug = wanted[term]
        if not slug or counts[slug] > 1 or slug in taken:
            local = slugify(re.split("[/#]", term.rstrip("/#"))[-1]) or hashlib.sha256(term.encode()).hexdigest()[:12]
            slug = f"{slug[: SLUG_MAX - len(local) - 1].strip('-')}-{local}".strip("-")[:SLUG_MAX].strip("-")
        if slug in taken:
            slug = f"{slug[: SLUG_MAX - 13].strip('-')}-{hashlib.sha256(term.encode()).hexdigest()[:12]}"
        taken.add(slug)
        slugs[term] = slug
    return slugs


def _label_slug(merge: Merge, term: str) -> str:
    """The slug of the label in the glossary's first language that gives one, else in any, else nothing."""
    labels: dict[str, str] = {}
    for _, predicate, object_ in sorted(merge.new[term]):
        parsed = parse_literal(object_)
        if predicate == mapping.TEXT_PREDICATES["prefLabel"] and parsed:
            labels.setdefault(parsed.lang or merge.lang or "", parsed.value)
    order = [*merge.batch.glossary.languages, *sorted(labels)]
    return next((slug for lang in order if (slug := slugify(labels.get(lang, "")))), "")
