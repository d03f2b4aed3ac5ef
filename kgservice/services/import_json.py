"""JSON: documents of terms, as an export writes them and as the API shows them with every language.

A record that breaks the rules of a document is left out, each of its faults told by field. An edge or a key that cannot
be used is left out alone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kgservice.errors import Fault, Unusable
from kgservice.model.json_objects import each_key_once, whole
from kgservice.model.languages import canonical_tag
from kgservice.model.slugs import is_slug
from kgservice.model.terms import STATUSES, Edition, Term, is_iri
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import iri, literal
from kgservice.services.documents import EDGE_KEYS, KEYS, OWNED_KEYS, Document, name_of, named_terms, read_document
from kgservice.services.import_batch import Batch, Loaded, Problem


@dataclass(frozen=True, slots=True)
class _Record:
    """A record whose term is known: where it stands, what it says, which term that is of."""

    where: str
    document: Document
    slug: str
    iri: str


def read_json(path: Path, _: list[Problem]) -> dict[str, Any]:
    """The object that a file is; `Unusable` tells what is wrong if it is no export."""
    name, text = path.name, path.read_bytes().decode("utf-8-sig")
    try:
        root = json.loads(text, object_pairs_hook=each_key_once, parse_int=whole)
    except json.JSONDecodeError as error:
        raise Unusable(f"{name}: line {error.lineno}: not JSON: {error.msg}") from None
    except ValueError as error:
        raise Unusable(f"{name}: {error}") from None
    except RecursionError:
        raise Unusable(f"{name}: nested too deeply") from None
    if isinstance(root, dict) and isinstance(root.get("items"), list) and isinstance(root.get("topics", []), list):
        return root
    like = "; JSON-LD has the format jsonld" if '"@context"' in text or '"@id"' in text else ""
    raise Unusable(f'{name}: not {{"items": [...]}} with a document for each term, as an export has it{like}')


class JsonReader:
    """Reads one file into a batch."""

    def __init__(self, loaded: Loaded, batch: Batch) -> None:
        self.name = loaded.path.name
        self.root: dict[str, Any] = loaded.content
        self.batch = batch
        self.there = set(batch.known.values())
        self.topics = dict(batch.topics)
        self.names: dict[str, str] = {}
        """The IRI of each term of the file, by slug and by IRI."""

    def add(self) -> None:
        """Add all records to the batch."""
        self._read_topics(self.root.get("topics", []))
        records = list(self._records(self.root["items"]))
        for record in records:
            self.names |= {record.slug: record.iri, record.iri: record.iri}
        held = self.batch.held([record.iri for record in records])
        for record in records:
            self._read(record, held.get(record.iri))

    # --- topics ------------------------------------------------------------------------------------------------------

    def _read_topics(self, entries: list[Any]) -> None:
        for number, entry in enumerate(entries, 1):
            where, told = f"{self.name}: topic {number}", entry if isinstance(entry, dict) else {}
            slug, label, named = told.get("slug"), told.get("prefLabel"), told.get("iri")
            if not isinstance(slug, str) or not is_slug(slug) or not isinstance(label, dict) or not _is_map(label):
                self.batch.report("error", where, "left out: a topic has a slug and a prefLabel by language")
                continue
            own = named if isinstance(named, str) and is_iri(named) else f"{self.batch.glossary.base}topics/{slug}"
            subject = iri(self.topics.setdefault(slug, own))
            self.batch.triples |= {(subject, mapping.TYPE, mapping.COLLECTION)}
            self.batch.triples.add((subject, mapping.SLUG.predicate, mapping.SLUG.write(slug)))
            self._add_labels(where, subject, label)

    def _add_labels(self, where: str, subject: str, label: Mapping[str, str]) -> None:
        for tag, value in label.items():
            canonical = canonical_tag(tag)
            if canonical is None:
                self.batch.report("error", f"{where}: prefLabel.{tag[:100]}", "left out: it is no language tag")
            else:
                predicate = mapping.TEXT_PREDICATES["prefLabel"]
                self.batch.triples.add((subject, predicate, literal(value.strip(), canonical)))

    def _add_to_topics(self, record: _Record) -> None:
        entries = record.document.get("topics") or []
        for entry in entries if isinstance(entries, list) else [entries]:
            topic = self.topics.get(name_of(entry) or "")
            if topic is None:
                told = f"left out: {str(name_of(entry))[:100]!r} is no topic of the glossary or the file"
                self.batch.report("warning", f"{record.where}: topics", told)
            else:
                self.batch.triples.add((iri(topic), mapping.MEMBER, iri(record.iri)))

    # --- terms -------------------------------------------------------------------------------------------------------

    def _records(self, items: list[Any]) -> Iterator[_Record]:
        seen: dict[str, int] = {}
        for number, document in enumerate(items, 1):
            where = f"{self.name}: record {number}"
            slug = document.get("slug") if isinstance(document, dict) else None
            if not isinstance(slug, str) or not is_slug(slug):
                told = f"slug: {slug[:100]!r} is not a slug" if isinstance(slug, str) else "it has no slug"
                self.batch.report("error", where, f"left out: {told}")
                continue
            if seen.setdefault(slug, number) != number:
                raise Unusable(f"{where}: the slug {slug!r} stands in record {seen[slug]} already")
            yield _Record(f"{where} ({slug})", document, slug, self._iri(slug, document.get("iri")))

    def _iri(self, slug: str, told: object) -> str:
        """The term that a record is of: the one with its IRI, else the one with its slug, else a new one."""
        named = told if isinstance(told, str) and is_iri(told) else ""
        return named if named in self.there else self.batch.known.get(slug) or named or self.batch.term_iri(slug)

    def _read(self, record: _Record, held: Term | None) -> None:
        base = self.batch.glossary.base
        home = record.iri if record.iri.startswith(f"{base}id/") else self.batch.glossary.term_iri(record.slug)
        blank = replace(held or Term(iri=record.iri, slug="", home=home, texts={}), slug=record.slug)
        document = {key: value for key, value in record.document.items() if key not in {"topics", *OWNED_KEYS}}
        names = {name: found for name in named_terms(document) if (found := self._named(name))}
        term, faults = read_document(document, blank, names, (), self.batch.glossary)
        editions, more = _read_editions(record.document.get("languages"))
        partly = [fault for fault in faults if _is_apart(fault)]
        whole = [fault for fault in [*faults, *more] if not _is_apart(fault)]
        for fault in whole or partly:
            what = "the record was left out" if whole else "it was left out"
            self.batch.report("error", f"{record.where}: {fault.field}", f"{fault.message}; {what}")
        if whole:
            return
        stated = {kind: edges for kind, edges in term.edges.items() if kind in EDGE_KEYS.values()}
        deprecated = record.document.get("deprecated") is True
        told = replace(term, edges=stated, editions=editions, created=None, modified=None, deprecated=deprecated)
        told = replace(told, replaced_by=self._replaced_by(record))
        self.batch.where[record.iri] = record.where
        self.batch.triples |= mapping.term_triples(told, self.batch.glossary)
        self._add_to_topics(record)

    def _named(self, name: str) -> str | None:
        """The IRI of a term by its slug or IRI; whether there is such a term is asked when the file is merged."""
        known = self.names.get(name) or self.batch.known.get(name)
        return known or (self.batch.term_iri(name) if is_slug(name) else name if is_iri(name) else None)

    def _replaced_by(self, record: _Record) -> str | None:
        entry = record.document.get("replacedBy")
        name = name_of(entry)
        target = (self.names.get(name) or self.batch.known.get(name)) if name else None
        if entry is not None and target is None:
            self.batch.report("error", f"{record.where}: replacedBy", f"left out: {name!r} is no such term")
        return target


def _is_apart(fault: Fault) -> bool:
    """Whether a fault is of something that a record does without: an edge, or a key that terms do not have."""
    first = fault.field.partition(".")[0]
    return first in EDGE_KEYS or first not in KEYS


def _is_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) and one.strip() for one in value.values())


def _read_editions(value: object) -> tuple[dict[str, Edition], list[Fault]]:
    """The editions that a record tells, and what is wrong with them. A language without a status has none."""
    editions: dict[str, Edition] = {}
    faults: list[Fault] = []
    for tag, entry in value.items() if isinstance(value, dict) else ():
        canonical, told = canonical_tag(tag), entry if isinstance(entry, dict) else {}
        values = {name: told.get(name) for name in ("derivedFrom", "licence", "credit")}
        digests = told.get("digests") or {}
        if told.get("status") is None:
            continue
        if canonical is None or told["status"] not in STATUSES:
            faults.append(Fault(f"languages.{tag[:100]}.status", f"is not one of {', '.join(STATUSES)}"))
        elif not (_is_map(digests) and all(one is None or isinstance(one, str) for one in values.values())):
            faults.append(Fault(f"languages.{tag[:100]}", "is not an edition as an export has it"))
        else:
            editions[canonical] = Edition(
                told["status"], values["derivedFrom"], values["licence"], values["credit"], digests
            )
    return editions, faults
