"""Import: the own resources of terms (edges, questions, sources, editions) get their places under the terms' homes."""

import hashlib
import re
from collections.abc import Iterator

from kgservice.model.languages import canonical_tag
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri, iri_value, is_iri
from kgservice.services.import_merge import Merge

_FRAGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def relocate(merge: Merge, terms: set[str]) -> None:
    """Give every own resource its place under the term's home, and each edge its canonical name.

    A resource that several terms have is theirs in copies: each says what it says of its own.
    """
    owners = sorted(terms | (merge.new.keys() & merge.existing.keys()))
    moved: dict[str, set[Triple]] = {}
    reached: set[str] = set()
    for owner in owners:
        home = merge.homes.setdefault(owner, merge.existing.get(owner, owner))
        names = _part_names(merge, owner, home)
        for subject in (owner, *names):
            place = names.get(subject, subject)
            moved.setdefault(place, set()).update(_renamed(triple, names) for triple in merge.new[subject])
        merge.parts[owner] = sorted(names.values())
        reached |= names.keys()
    for subject in merge.new.keys() - moved.keys() - reached:
        moved[subject] = merge.new[subject]
    merge.new = moved


def _part_names(merge: Merge, owner: str, home: str) -> dict[str, str]:
    """The IRI that each of a term's own resources gets. Two that would get the same one are told apart."""
    names: dict[str, str] = {}
    for part, predicate in _reached(merge, owner, {owner}):
        name = f"{home}#{_part_id(merge, home, part, predicate)}"
        names[part] = name if name not in names.values() else f"{home}#{_digest_id(part)}"
    return names


def _reached(merge: Merge, subject: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """The own resources of a term in the file, with the predicate that leads to each."""
    for _, predicate, object_ in sorted(merge.new[subject]):
        part = iri_value(object_)
        type_ = mapping.PART_PREDICATES.get(predicate)
        if type_ and part not in seen and (object_, mapping.TYPE, type_) in merge.new.get(part, ()):
            seen.add(part)
            yield part, predicate
            yield from _reached(merge, part, seen)


def _part_id(merge: Merge, home: str, part: str, predicate: str) -> str:
    said = mapping.by_subject(merge.new[part])[iri(part)]
    if predicate == mapping.EDGE and mapping.EDGE_KIND in said and mapping.TARGET in said:
        kinds = {predicate: kind for kind, predicate in mapping.EDGE_PREDICATES.items()}
        kind = kinds.get(said[mapping.EDGE_KIND][0], "edge")
        return mapping.edge_id(merge.base, kind, iri_value(said[mapping.TARGET][0]))
    if predicate == mapping.EDITION and mapping.LANGUAGE.predicate in said:
        tag = mapping.LANGUAGE.read(said[mapping.LANGUAGE.predicate][0])
        return f"edition-{canonical_tag(tag or '') or 'und'}"
    local = part.rpartition("#")[2]
    if part.startswith(f"{home}#") or (_FRAGMENT.match(local) and "genid" not in part):
        return local
    return _digest_id(part)


def _digest_id(part: str) -> str:
    return f"part-{hashlib.sha256(part.encode()).hexdigest()[:12]}"


def _renamed(triple: Triple, names: dict[str, str]) -> Triple:
    """The triple with own resources under their new IRIs. An edge's target is a term, never one of them."""
    subject, predicate, object_ = triple
    subject = iri(names.get(iri_value(subject), iri_value(subject)))
    if is_iri(object_) and predicate != mapping.TARGET:
        object_ = iri(names.get(iri_value(object_), iri_value(object_)))
    return subject, predicate, object_
