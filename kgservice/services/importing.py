"""Import: what a file says, merged into the glossary as one change or none.

A file replaces each (term, field, language) that it has and deletes nothing; edges and what the model does not know
are added. A record or an edge that breaks a rule is left out and reported. An unreadable file, a circle of
prerequisites or a slug clash raises, and nothing is changed. Importing the same file again changes nothing.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from kgservice.errors import Unusable
from kgservice.model.languages import canonical_tag
from kgservice.model.terms import term_faults
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri, iri_value, parse_literal
from kgservice.services.formats import guess_format
from kgservice.services.import_adopting import adopt, concepts
from kgservice.services.import_batch import Batch, Loaded, Report
from kgservice.services.import_edges import (
    complete_inverses,
    drop_bad_edges,
    drop_related_ancestors,
    require_no_circle,
)
from kgservice.services.import_editions import editions_followed
from kgservice.services.import_formats import add_file, load_files
from kgservice.services.import_merge import Merge, grouped
from kgservice.services.import_parts import relocate
from kgservice.services.import_texts import tidy_texts
from kgservice.store.store import Store


class How(TypedDict, total=False):
    """How files are imported; `import_loaded` says what each is."""

    lang: str | None
    dry_run: bool
    keep_glossary: bool
    may_review: bool
    editor: str
    note: str | None


def import_files(store: Store, paths: Sequence[Path], *, format: str | None = None, **how: Unpack[How]) -> Report:
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
        report = _stage(Merge(change, batch, canonical_tag(lang) if lang else None, may_review=may_review))
    report.seq = change.seq
    return report


def _stage(merge: Merge) -> Report:
    """Do it: adopt concepts, mend what can be mended, leave out what breaks rules, stage the difference."""
    terms = concepts(merge)
    adopt(merge, terms)
    relocate(merge, terms)
    tidy_texts(merge)
    _drop_bad_records(merge, terms)
    if not merge.may_review:
        _drop_reviews(merge)
    drop_bad_edges(merge)
    require_no_circle(merge)
    complete_inverses(merge, "broader", "narrower")
    drop_related_ancestors(merge)
    complete_inverses(merge, "related")
    return _stage_difference(merge, terms)


def _stage_difference(merge: Merge, terms: set[str]) -> Report:
    current = merge.change.triples(merge.new)
    report = Report()
    touched: set[str] = set()
    removed: set[Triple] = set()
    added: set[Triple] = set()
    for subject, new in merge.new.items():
        before = set(current.get(subject, ()))
        after = _merged(before, new)
        after -= _alternatives(before - after) - new  # an abbreviation that goes takes its altLabel with it
        after |= _alternatives(after)
        if after != before:
            removed |= before - after
            added |= after - before
            touched.add(subject)
    for gone, come in _editions(merge, touched & merge.existing.keys(), removed, added):
        removed |= gone - added
        added -= gone
        added |= come - removed
        removed -= come
    merge.change.stage(removed, added)
    _report_shapes(merge)
    owner = {part: term for term, parts in merge.parts.items() for part in parts}
    changed = {owner.get(subject, subject) for subject in touched}
    named = {owner.get(subject, subject) for subject, new in merge.new.items() if new}
    for term in sorted(terms | ((changed | named) & merge.existing.keys())):
        outcome = report.updated if term in merge.existing else report.created
        (outcome if term in changed else report.unchanged).append(merge.slugs[term])
    report.problems = merge.batch.problems_in_order()
    return report


def _editions(
    merge: Merge, changed: set[str], removed: set[Triple], added: set[Triple]
) -> Iterator[tuple[set[Triple], set[Triple]]]:
    """What becomes of the editions of terms whose texts the file changes: triples that go and that come."""
    held = merge.change.term_triples(changed)
    new = grouped(added)
    for term in sorted(changed):
        own = (subject for subject in merge.own_subjects(term) if subject in new)
        said = (held[term] - removed) | {triple for subject in own for triple in new[subject]}
        states = (mapping.by_subject(triples) for triples in (held[term], said))
        before, after = (mapping.read_term(term, merge.existing[term], merge.base, one) for one in states)
        parts = (part for part in merge.parts[term] if part not in merge.untold)
        told = {part.rpartition("#edition-")[2] for part in parts if "#edition-" in part}
        yield editions_followed(before, after, merge.batch.glossary, told, all_languages=merge.batch.by_editors)


def _report_shapes(merge: Merge) -> None:
    """Tell what of the outcome breaks a SHACL shape. It is kept: other vocabularies have habits of their own."""
    for fault in merge.change.shape_faults():
        where = merge.name(fault.field.strip("<>"))
        merge.batch.report("info", where, f"breaks a shape, and was kept: {fault.message}")


def _drop_bad_records(merge: Merge, terms: set[str]) -> None:
    """Leave out each term that the model would not accept, with all that the file says of it."""
    current = merge.change.term_triples(terms & merge.existing.keys())
    for term in sorted(terms):
        own = merge.own_subjects(term)
        for subject in own:
            for triple in _wrong_ends(merge, subject):
                merge.new[subject].discard(triple)
                merge.report("error", term, f"an edge to itself was left out ({_local(triple[1])})")
        state = _merged(current.get(term, set()), {t for subject in own for t in merge.new[subject]})
        read = mapping.read_term(term, merge.homes[term], merge.base, mapping.by_subject(state))
        faults = term_faults(read)
        if faults:
            told = "; ".join(f"{fault.field} {fault.message}" for fault in faults)
            merge.drop(term, f"left out: {told}")
            terms.discard(term)
            if term not in merge.existing:
                del merge.slugs[term]


def _drop_reviews(merge: Merge) -> None:
    """Take no file's word for a review: what is reviewed here stays so while its texts do, all else is a draft."""
    status = mapping.EDITION_VALUES["status"]
    told = {subject: (iri(subject), status.predicate, status.write("reviewed")) for subject in merge.new}
    reviewed = {subject for subject, triple in told.items() if triple in merge.new[subject]}
    held = merge.change.triples(reviewed)
    for subject in sorted(reviewed):
        merge.new[subject].discard(told[subject])
        if told[subject] in held.get(subject, ()):
            merge.untold.add(subject)
            continue
        merge.new[subject].add((iri(subject), status.predicate, status.write("draft")))
        home, _, part = subject.partition("#edition-")
        merge.report("warning", home, f"{part} is told as reviewed; it is a draft until a reviewer has read it")


def _wrong_ends(merge: Merge, subject: str) -> list[Triple]:
    edges = mapping.EDGE_PREDICATES.values()
    return [t for t in merge.new[subject] if t[1] in edges and t[2] == t[0]]


def _alternatives(triples: set[Triple]) -> set[Triple]:
    """The altLabels that abbreviations are, too."""
    short, other = mapping.TEXT_PREDICATES["abbreviation"], mapping.TEXT_PREDICATES["altLabel"]
    return {(subject, other, object_) for subject, predicate, object_ in triples if predicate == short}


def _merged(before: set[Triple], new: set[Triple]) -> set[Triple]:
    """What is left and gained: the new triples, and those before that no new one replaces."""
    replaced = {_slot(triple) for triple in new if triple[1] in mapping.REPLACED}
    return new | {triple for triple in before if triple[1] not in mapping.REPLACED or _slot(triple) not in replaced}


def _slot(triple: Triple) -> tuple[str, str, str | None]:
    """What an import replaces as a whole: the subject, the predicate and the language."""
    parsed = parse_literal(triple[2])
    return triple[0], triple[1], parsed.lang if parsed else None


def _local(predicate: str) -> str:
    return re.split("[/#]", iri_value(predicate))[-1]
