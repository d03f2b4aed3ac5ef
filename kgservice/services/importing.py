"""Import: what a file says, merged into the glossary as one change or none.

A file replaces each (term, field, language) that it has and deletes nothing; edges and what the model does not know
are added. A record or an edge that breaks a rule is left out and reported. An unreadable file, a circle of
prerequisites or a slug clash raises, and nothing is changed. Importing the same file again changes nothing.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kgservice.errors import Fault, Invalid, Unusable
from kgservice.model.languages import canonical_tag
from kgservice.model.rules import Pair, related_ancestors
from kgservice.model.slugs import SLUG_MAX, is_slug, slugify
from kgservice.model.terms import FIELDS, term_faults
from kgservice.model.texts import clean_label, clean_text
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Literal, Triple, iri, iri_value, is_iri, literal, parse_literal
from kgservice.services.formats import guess_format
from kgservice.services.import_batch import Batch, Loaded, Report
from kgservice.services.import_editions import editions_followed
from kgservice.services.import_formats import add_file, load_files
from kgservice.store.store import Change, Store

SHAPES_MAX = 50_000
"""Triples that an import holds against the shapes; it has the write lock meanwhile, and pySHACL takes its time."""

_LABELS = {mapping.TEXT_PREDICATES[name] for name, entry in FIELDS.items() if entry.label}
_TEXTS = {*mapping.TEXT_PREDICATES.values(), mapping.TEXT, mapping.REASON, mapping.EXPLANATION}
_STRINGS = {
    mapping.TERM_VALUES["notations"].predicate,
    mapping.SOURCE_VALUES["title"].predicate,
    mapping.SOURCE_VALUES["identifier"].predicate,
    mapping.EDITION_VALUES["credit"].predicate,
}
_FRAGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def import_files(store: Store, paths: Sequence[Path], *, format: str | None = None, **how: Any) -> Report:
    """Read files, whose formats their names tell unless one is given, and import them as `import_loaded` does."""
    loaded = load_files([(path, format or guess_format(path)) for path in paths], store.glossary().base)
    return import_loaded(store, loaded, **how)


def import_loaded(
    store: Store,
    files: Sequence[Loaded],
    *,
    lang: str | None = None,
    dry_run: bool = False,
    keep_glossary: bool = False,
    may_review: bool = True,
    editor: str = "import",
    note: str | None = None,
) -> Report:
    """Import files that were read already as one change. `lang` is the language of texts that have none; else they are
    the glossary's first.

    With `keep_glossary` what the files say of the glossary itself is passed over; unless `may_review`, what they call
    reviewed is a draft, or as it was. `Unusable` or `Invalid` if the files cannot be imported.
    """
    glossary = store.glossary()
    default = lang or glossary.languages[0]
    if canonical_tag(default) is None:
        raise Unusable(f"--lang {default}: not a language tag, such as en or zh-Hant")
    told = note or f"import of {', '.join(file.path.name for file in files)}"
    with store.write(editor, told, dry_run=dry_run) as change:
        there = change.homes()
        former = {slug: term for slug, term in change.former_slugs().items() if term in there}
        batch = Batch(glossary, {**former, **change.slugs()}, change.topics(), change.terms)
        for file in files:
            add_file(file, batch, default)
        if keep_glossary:
            batch.triples = {triple for triple in batch.triples if triple[0] != iri(glossary.iri)}
        report = _Merge(change, batch, canonical_tag(lang) if lang else None, may_review=may_review).stage()
    report.seq = change.seq
    return report


class _Merge:
    """Merges one batch into the graph, inside the write transaction."""

    def __init__(self, change: Change, batch: Batch, lang: str | None, *, may_review: bool) -> None:
        self.change = change
        self.batch = batch
        self.may_review = may_review
        self.base = batch.glossary.base
        self.lang = lang
        self.existing = change.homes()  # IRI of each term: its home
        self.slugs = {term: slug for slug, term in batch.known.items()}
        self.new = _grouped(batch.triples)
        self.homes: dict[str, str] = {}
        self.known_homes: set[str] = set()
        self.parts: dict[str, list[str]] = defaultdict(list)
        self.untold: set[str] = set()  # editions whose status the file's word does not change

    def stage(self) -> Report:
        """Do it: adopt concepts, mend what can be mended, leave out what breaks rules, stage the difference."""
        terms = self._concepts()
        self._adopt(terms)
        self._relocate(terms)
        self._tidy_texts()
        self._drop_bad_records(terms)
        if not self.may_review:
            self._drop_reviews()
        self._drop_bad_edges()
        self._complete_inverses("broader", "narrower")
        self._drop_related_ancestors()
        self._complete_inverses("related")
        return self._stage_difference(terms)

    # --- records -----------------------------------------------------------------------------------------------------

    def _concepts(self) -> set[str]:
        """The IRIs of the terms that the file describes."""
        return {
            subject
            for subject, triples in self.new.items()
            if any((iri(subject), mapping.TYPE, type_) in triples for type_ in mapping.TERM_TYPES)
        }

    def _adopt(self, terms: set[str]) -> None:
        """Make each concept a term of this glossary: types, scheme, slug."""
        self._require_own_slugs(terms)
        slugs = self._slugs_for({term for term in terms if term not in self.existing})
        for term in terms:
            slug = self.slugs.get(term) or slugs[term]
            told = {t for t in self.new[term] if t[1] == mapping.SLUG.predicate}
            if term in self.existing and told and told != {(iri(term), mapping.SLUG.predicate, literal(slug))}:
                self._report("warning", term, "the file gives it another slug; an import renames no term")
            self.new[term] -= told
            self.new[term] |= {(iri(term), mapping.TYPE, type_) for type_ in mapping.TERM_TYPES}
            self.new[term].add((iri(term), mapping.IN_SCHEME, iri(self.batch.glossary.iri)))
            self.new[term].add((iri(term), mapping.SLUG.predicate, literal(slug)))
            self.slugs[term] = slug
            home = term if term.startswith(f"{self.base}id/") else self.batch.glossary.term_iri(slug)
            self.homes[term] = self.existing.get(term, home)

    def _told_slug(self, term: str) -> str | None:
        told = sorted(t[2] for t in self.new[term] if t[1] == mapping.SLUG.predicate)
        parsed = parse_literal(told[0]) if told else None
        return parsed.value if parsed else None

    def _require_own_slugs(self, terms: set[str]) -> None:
        """Raise if two terms claim one slug; drop records whose slug is none."""
        claimed: dict[str, str] = {slug: term for term, slug in self.slugs.items()}
        faults = []
        for term in sorted(terms):
            slug = self._told_slug(term)
            if slug is None or term in self.existing:
                continue
            if not is_slug(slug):
                self._drop(term, f"left out: {slug!r} is not a slug")
                terms.discard(term)
            elif claimed.setdefault(slug, term) != term:
                faults.append(Fault("slug", f"{slug!r} is claimed by both <{claimed[slug]}> and <{term}>"))
        if faults:
            raise Invalid(faults)

    def _slugs_for(self, terms: set[str]) -> dict[str, str]:
        """A slug for each new term: as the file says, else after its label; where labels clash, with the IRI's end."""
        slugs = {term: slug for term in terms if (slug := self._told_slug(term))}
        homes = (home.removeprefix(f"{self.base}id/") for home in (*self.existing.values(), *terms))
        taken = {*self.batch.known, *slugs.values(), *homes}
        wanted = {term: self._label_slug(term) for term in terms if term not in slugs}
        counts = Counter(wanted.values())
        for term in sorted(wanted):
            slug = wanted[term]
            if not slug or counts[slug] > 1 or slug in taken:
                local = (
                    slugify(re.split("[/#]", term.rstrip("/#"))[-1]) or hashlib.sha256(term.encode()).hexdigest()[:12]
                )
                slug = f"{slug[: SLUG_MAX - len(local) - 1].strip('-')}-{local}".strip("-")[:SLUG_MAX].strip("-")
            if slug in taken:
                slug = f"{slug[: SLUG_MAX - 13].strip('-')}-{hashlib.sha256(term.encode()).hexdigest()[:12]}"
            taken.add(slug)
            slugs[term] = slug
        return slugs

    def _label_slug(self, term: str) -> str:
        """The slug of the label in the glossary's first language that gives one, else in any, else nothing."""
        labels: dict[str, str] = {}
        for _, predicate, object_ in sorted(self.new[term]):
            parsed = parse_literal(object_)
            if predicate == mapping.TEXT_PREDICATES["prefLabel"] and parsed:
                labels.setdefault(parsed.lang or self.lang or "", parsed.value)
        order = [*self.batch.glossary.languages, *sorted(labels)]
        return next((slug for lang in order if (slug := slugify(labels.get(lang, "")))), "")

    def _drop_bad_records(self, terms: set[str]) -> None:
        """Leave out each term that the model would not accept, with all that the file says of it."""
        current = self.change.term_triples(terms & self.existing.keys())
        for term in sorted(terms):
            own = self._own_subjects(term)
            for subject in own:
                for triple in self._wrong_ends(subject):
                    self.new[subject].discard(triple)
                    self._report("error", term, f"an edge to itself was left out ({_local(triple[1])})")
            state = _merged(current.get(term, set()), {t for subject in own for t in self.new[subject]})
            read = mapping.read_term(term, self.homes[term], self.base, mapping.by_subject(state))
            faults = term_faults(read)
            if faults:
                told = "; ".join(f"{fault.field} {fault.message}" for fault in faults)
                self._drop(term, f"left out: {told}")
                terms.discard(term)
                if term not in self.existing:
                    del self.slugs[term]

    def _drop_reviews(self) -> None:
        """Take no file's word for a review: what is reviewed here stays so while its texts do, all else is a draft."""
        status = mapping.EDITION_VALUES["status"]
        told = {subject: (iri(subject), status.predicate, status.write("reviewed")) for subject in self.new}
        reviewed = {subject for subject, triple in told.items() if triple in self.new[subject]}
        held = self.change.triples(reviewed)
        for subject in sorted(reviewed):
            self.new[subject].discard(told[subject])
            if told[subject] in held.get(subject, ()):
                self.untold.add(subject)
                continue
            self.new[subject].add((iri(subject), status.predicate, status.write("draft")))
            home, _, part = subject.partition("#edition-")
            self._report("warning", home, f"{part} is told as reviewed; it is a draft until a reviewer has read it")

    def _wrong_ends(self, subject: str) -> list[Triple]:
        edges = mapping.EDGE_PREDICATES.values()
        return [t for t in self.new[subject] if t[1] in edges and t[2] == t[0]]

    def _own_subjects(self, term: str) -> list[str]:
        return [term, *self.parts[term]]

    def _drop(self, term: str, message: str) -> None:
        for subject in [term, *self.parts.get(term, ())]:
            self.new.pop(subject, None)
        self._report("error", term, message)

    # --- own resources -----------------------------------------------------------------------------------------------

    def _relocate(self, terms: set[str]) -> None:
        """Give every own resource its place under the term's home, and each edge its canonical name.

        A resource that several terms have is theirs in copies: each says what it says of its own.
        """
        owners = sorted(terms | (self.new.keys() & self.existing.keys()))
        moved: dict[str, set[Triple]] = {}
        reached: set[str] = set()
        for owner in owners:
            home = self.homes.setdefault(owner, self.existing.get(owner, owner))
            names = self._part_names(owner, home)
            for subject in (owner, *names):
                place = names.get(subject, subject)
                moved.setdefault(place, set()).update(_renamed(triple, names) for triple in self.new[subject])
            self.parts[owner] = sorted(names.values())
            reached |= names.keys()
        for subject in self.new.keys() - moved.keys() - reached:
            moved[subject] = self.new[subject]
        self.new = moved

    def _part_names(self, owner: str, home: str) -> dict[str, str]:
        """The IRI that each of a term's own resources gets. Two that would get the same one are told apart."""
        names: dict[str, str] = {}
        for part, predicate in self._reached(owner, {owner}):
            name = f"{home}#{self._part_id(home, part, predicate)}"
            names[part] = name if name not in names.values() else f"{home}#{_digest_id(part)}"
        return names

    def _reached(self, subject: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        """The own resources of a term in the file, with the predicate that leads to each."""
        for _, predicate, object_ in sorted(self.new[subject]):
            part = iri_value(object_)
            type_ = mapping.PART_PREDICATES.get(predicate)
            if type_ and part not in seen and (object_, mapping.TYPE, type_) in self.new.get(part, ()):
                seen.add(part)
                yield part, predicate
                yield from self._reached(part, seen)

    def _part_id(self, home: str, part: str, predicate: str) -> str:
        said = mapping.by_subject(self.new[part])[iri(part)]
        if predicate == mapping.EDGE and mapping.EDGE_KIND in said and mapping.TARGET in said:
            kinds = {predicate: kind for kind, predicate in mapping.EDGE_PREDICATES.items()}
            kind = kinds.get(said[mapping.EDGE_KIND][0], "edge")
            return mapping.edge_id(self.base, kind, iri_value(said[mapping.TARGET][0]))
        if predicate == mapping.EDITION and mapping.LANGUAGE.predicate in said:
            tag = mapping.LANGUAGE.read(said[mapping.LANGUAGE.predicate][0])
            return f"edition-{canonical_tag(tag or '') or 'und'}"
        local = part.rpartition("#")[2]
        if part.startswith(f"{home}#") or (_FRAGMENT.match(local) and "genid" not in part):
            return local
        return _digest_id(part)

    # --- texts -------------------------------------------------------------------------------------------------------

    def _tidy_texts(self) -> None:
        """Texts in NFC and on as many lines as they may have; untagged ones in the language given; one per language."""
        tidied = 0
        owned = set(self.homes) | {part for parts in self.parts.values() for part in parts}
        for subject in owned & self.new.keys():
            kept: set[Triple] = set()
            for triple in self.new[subject]:
                tidy = self._tidy(triple)
                tidied += tidy != triple
                kept.add(tidy)
            self.new[subject] = kept - self._second_labels(subject, kept)
        if tidied:
            self.batch.report(
                "info",
                "all files",
                f"{tidied} texts were tidied: white space, Unicode normal form C, the language given for those without",
            )

    def _tidy(self, triple: Triple) -> Triple:
        subject, predicate, object_ = triple
        parsed = parse_literal(object_) if predicate in _TEXTS | _STRINGS else None
        if parsed is None or parsed.datatype is not None:
            return triple
        value = clean_label(parsed.value) if predicate in _LABELS | _STRINGS else clean_text(parsed.value)
        lang = parsed.lang if predicate in _STRINGS else parsed.lang or self.lang
        return subject, predicate, literal(value, lang)

    def _second_labels(self, subject: str, triples: set[Triple]) -> set[Triple]:
        """Labels beyond the first of a language (SKOS S14), reported. Other single fields keep theirs as unknown."""
        found: dict[str, list[tuple[Literal, Triple]]] = defaultdict(list)
        for triple in sorted(triples):
            parsed = parse_literal(triple[2])
            if triple[1] == mapping.TEXT_PREDICATES["prefLabel"] and parsed and parsed.lang:
                found[parsed.lang].append((parsed, triple))
        extra = [(lang, pair) for lang, pairs in found.items() for pair in pairs[1:]]
        for lang, (parsed, _) in extra:
            self._report("error", subject, f"a second prefLabel in {lang} was left out: {parsed.value!r}")
        return {triple for _, (_, triple) in extra}

    # --- edges -------------------------------------------------------------------------------------------------------

    def _edges(self, *kinds: str) -> list[tuple[str, Triple]]:
        """The edges that the file states from terms, with their kinds."""
        kind_of = {mapping.EDGE_PREDICATES[kind]: kind for kind in kinds}
        subjects = [subject for subject in self.new if subject in self.homes]
        return sorted((kind_of[t[1]], t) for subject in subjects for t in self.new[subject] if t[1] in kind_of)

    def _drop_bad_edges(self) -> None:
        """Leave out edges from or to what is no term."""
        terms = self.slugs.keys()
        self.known_homes = {*self.existing.values(), *(self.homes[term] for term in self.homes if term in terms)}
        for subject in list(filter(self._is_stray_record, self.new)):
            for triple in sorted(t for t in self.new.pop(subject, ()) if t[1] in mapping.EDGE_PREDICATES.values()):
                self._drop_edge(triple, "there is no term that it could start from")
        for _, triple in self._edges(*mapping.EDGE_PREDICATES):
            if not is_iri(triple[2]) or iri_value(triple[2]) not in terms:
                self._drop_edge(triple, "there is no such term")
            elif triple[2] == triple[0]:
                self._drop_edge(triple, "it leads to the term itself")

    def _is_stray_record(self, subject: str) -> bool:
        """Whether a subject was named as a term by slug (it would be made here), or as a part of one, but is none."""
        home = subject.partition("#")[0]
        slug = home.removeprefix(f"{self.base}id/")
        return home != slug and is_slug(slug) and home not in self.known_homes

    def _drop_edge(self, triple: Triple, why: str) -> None:
        subject, target = iri_value(triple[0]), iri_value(triple[2])
        kind = next(kind for kind, known in mapping.EDGE_PREDICATES.items() if known == triple[1])
        part = iri(f"{self.homes.get(subject, subject)}#{mapping.edge_id(self.base, kind, target)}")
        if subject in self.new:
            self.new[subject] -= {triple, (triple[0], mapping.EDGE, part)}
        self.new.pop(iri_value(part), None)
        where = (
            self.batch.where.get(f"{subject} {triple[1]} {target}")
            or self.batch.where.get(subject)
            or self._name(subject)
        )
        told = f"{self._name(subject)} → {self._name(target)}"
        self.batch.report("error", where, f"the edge {kind} {told} was left out: {why}")

    def _complete_inverses(self, *kinds: str) -> None:
        """State related both ways, and narrower beside broader."""
        for kind, (subject, _, target) in self._edges(*kinds):
            inverse = (target, mapping.EDGE_PREDICATES[mapping.INVERSES[kind]], subject)
            self.new.setdefault(iri_value(target), set()).add(inverse)
            self.homes.setdefault(iri_value(target), self.existing.get(iri_value(target), iri_value(target)))

    def _drop_related_ancestors(self) -> None:
        """Leave out what makes related terms ancestors (SKOS S27): the related edge, else a step of the way up."""
        stated = [triple for _, triple in self._edges("related")]
        wrong = set(related_ancestors(map(_ends, stated), self._broader()))
        for triple in stated:
            if _ends(triple) in wrong:
                self._drop_edge(triple, "one of the two is an ancestor of the other (SKOS S27)")
        known = self.change.edges("related")
        while bad := related_ancestors(known, self._broader()):
            triple = self._stated_step(*bad[0])
            self._drop_edge(triple, "it would make related terms ancestor and descendant (SKOS S27)")
            inverse = (triple[2], mapping.EDGE_PREDICATES["narrower"], triple[0])
            self.new[iri_value(triple[2])].discard(inverse)

    def _broader(self) -> list[Pair]:
        """All broader edges, those of the file among them."""
        return [*self.change.edges("broader"), *(_ends(triple) for _, triple in self._edges("broader"))]

    def _stated_step(self, one: str, other: str) -> Triple:
        """A broader edge of the file on the way from one of two terms up to the other."""
        parents: dict[str, set[str]] = defaultdict(set)
        for child, parent in self._broader():
            parents[child].add(parent)
        stated = {_ends(triple): triple for _, triple in self._edges("broader")}
        for start, goal in ((one, other), (other, one)):
            for pair in _way_up(parents, start, goal):
                if pair in stated:
                    return stated[pair]
        raise ValueError(f"no edge of the file leads from <{one}> to <{other}>")

    # --- the difference ----------------------------------------------------------------------------------------------

    def _stage_difference(self, terms: set[str]) -> Report:
        current = self.change.triples(self.new)
        report = Report(problems=self.batch.problems)
        touched: set[str] = set()
        removed: set[Triple] = set()
        added: set[Triple] = set()
        for subject, new in self.new.items():
            before = set(current.get(subject, ()))
            after = _merged(before, new)
            after -= _alternatives(before - after) - new  # an abbreviation that goes takes its altLabel with it
            after |= _alternatives(after)
            if after != before:
                removed |= before - after
                added |= after - before
                touched.add(subject)
        for gone, come in self._editions(touched & self.existing.keys(), removed, added):
            removed |= gone - added
            added -= gone
            added |= come - removed
            removed -= come
        self.change.stage(removed, added)
        self._report_shapes()
        owner = {part: term for term, parts in self.parts.items() for part in parts}
        changed = {owner.get(subject, subject) for subject in touched}
        for term in sorted(terms | (changed & self.existing.keys())):
            outcome = report.updated if term in self.existing else report.created
            (outcome if term in changed else report.unchanged).append(self.slugs[term])
        return report

    def _editions(
        self, changed: set[str], removed: set[Triple], added: set[Triple]
    ) -> Iterator[tuple[set[Triple], set[Triple]]]:
        """What becomes of the editions of terms whose texts the file changes: triples that go and that come."""
        held = self.change.term_triples(changed)
        new = _grouped(added)
        for term in sorted(changed):
            own = (subject for subject in self._own_subjects(term) if subject in new)
            said = (held[term] - removed) | {triple for subject in own for triple in new[subject]}
            states = (mapping.by_subject(triples) for triples in (held[term], said))
            before, after = (mapping.read_term(term, self.existing[term], self.base, one) for one in states)
            parts = (part for part in self.parts[term] if part not in self.untold)
            told = {part.rpartition("#edition-")[2] for part in parts if "#edition-" in part}
            yield editions_followed(before, after, self.batch.glossary, told, all_languages=self.batch.by_editors)

    def _report_shapes(self) -> None:
        """Tell what of the outcome breaks a SHACL shape. It is kept: other vocabularies have habits of their own."""
        if sum(map(len, self.new.values())) > SHAPES_MAX:
            self.batch.report(
                "info", "all files", "too much to hold against the shapes here: kgservice check does that"
            )
            return
        for fault in self.change.shape_faults():
            where = self._name(fault.field.strip("<>"))
            self.batch.report("info", where, f"breaks a shape, and was kept: {fault.message}")

    def _report(self, severity: str, term: str, message: str) -> None:
        self.batch.report(severity, self.batch.where.get(term) or self._name(term), message)

    def _name(self, term: str) -> str:
        return self.slugs.get(term) or (
            term.removeprefix(f"{self.base}id/") if term.startswith(self.base) else f"<{term}>"
        )


def _alternatives(triples: set[Triple]) -> set[Triple]:
    """The altLabels that abbreviations are, too."""
    short, other = mapping.TEXT_PREDICATES["abbreviation"], mapping.TEXT_PREDICATES["altLabel"]
    return {(subject, other, object_) for subject, predicate, object_ in triples if predicate == short}


def _grouped(triples: Iterable[Triple]) -> dict[str, set[Triple]]:
    grouped: dict[str, set[Triple]] = defaultdict(set)
    for triple in triples:
        grouped[iri_value(triple[0])].add(triple)
    return dict(grouped)


def _merged(before: set[Triple], new: set[Triple]) -> set[Triple]:
    """What is left and gained: the new triples, and those before that no new one replaces."""
    replaced = {_slot(triple) for triple in new if triple[1] in mapping.REPLACED}
    return new | {triple for triple in before if triple[1] not in mapping.REPLACED or _slot(triple) not in replaced}


def _slot(triple: Triple) -> tuple[str, str, str | None]:
    """What an import replaces as a whole: the subject, the predicate and the language."""
    parsed = parse_literal(triple[2])
    return triple[0], triple[1], parsed.lang if parsed else None


def _ends(triple: Triple) -> Pair:
    return iri_value(triple[0]), iri_value(triple[2])


def _way_up(parents: dict[str, set[str]], start: str, goal: str) -> list[Pair]:
    """The steps of a shortest way from a term to an ancestor; none if it is no ancestor."""
    came: dict[str, str] = {start: ""}
    waiting = [start]
    for child in waiting:  # grows while it is walked
        for parent in sorted(parents.get(child, ())):
            if parent not in came:
                came[parent] = child
                waiting.append(parent)
    steps = []
    while came.get(goal):
        steps.append((came[goal], goal))
        goal = came[goal]
    return steps


def _digest_id(part: str) -> str:
    return f"part-{hashlib.sha256(part.encode()).hexdigest()[:12]}"


def _renamed(triple: Triple, names: dict[str, str]) -> Triple:
    """The triple with own resources under their new IRIs. An edge's target is a term, never one of them."""
    subject, predicate, object_ = triple
    subject = iri(names.get(iri_value(subject), iri_value(subject)))
    if is_iri(object_) and predicate != mapping.TARGET:
        object_ = iri(names.get(iri_value(object_), iri_value(object_)))
    return subject, predicate, object_


def _local(predicate: str) -> str:
    return re.split("[/#]", iri_value(predicate))[-1]
