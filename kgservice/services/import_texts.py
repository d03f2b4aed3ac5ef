"""Import: texts as the glossary keeps them, one preferred label for each language."""

from collections import defaultdict

from kgservice.model.terms import FIELDS
from kgservice.model.texts import clean_label, clean_text
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Literal, Triple, literal, parse_literal
from kgservice.services.import_merge import Merge

_LABELS = {mapping.TEXT_PREDICATES[name] for name, entry in FIELDS.items() if entry.label}
_TEXTS = {*mapping.TEXT_PREDICATES.values(), mapping.TEXT, mapping.REASON, mapping.EXPLANATION}
_STRINGS = {
    mapping.TERM_VALUES["notations"].predicate,
    mapping.SOURCE_VALUES["title"].predicate,
    mapping.SOURCE_VALUES["identifier"].predicate,
    mapping.EDITION_VALUES["credit"].predicate,
}


def tidy_texts(merge: Merge) -> None:
    """Texts in NFC and on as many lines as they may have; untagged ones in the language given; one per language."""
    tidied = 0
    owned = set(merge.homes) | {part for parts in merge.parts.values() for part in parts}
    for subject in owned & merge.new.keys():
        kept: set[Triple] = set()
        for triple in merge.new[subject]:
            tidy = _tidy(merge, triple)
            tidied += tidy != triple
            kept.add(tidy)
        merge.new[subject] = kept - _second_labels(merge, subject, kept)
    if tidied:
        merge.batch.report(
            "info",
            "all files",
            f"{tidied} texts were tidied: white space, Unicode normal form C, the language given for those without",
        )


def _tidy(merge: Merge, triple: Triple) -> Triple:
    subject, predicate, object_ = triple
    parsed = parse_literal(object_) if predicate in _TEXTS | _STRINGS else None
    if parsed is None or parsed.datatype is not None:
        return triple
    value = clean_label(parsed.value) if predicate in _LABELS | _STRINGS else clean_text(parsed.value)
    lang = parsed.lang if predicate in _STRINGS else parsed.lang or merge.lang
    return subject, predicate, literal(value, lang)


def _second_labels(merge: Merge, subject: str, triples: set[Triple]) -> set[Triple]:
    """Labels beyond the first of a language (SKOS S14), reported. Other single fields keep theirs as unknown."""
    found: dict[str, list[tuple[Literal, Triple]]] = defaultdict(list)
    for triple in sorted(triples):
        parsed = parse_literal(triple[2])
        if triple[1] == mapping.TEXT_PREDICATES["prefLabel"] and parsed and parsed.lang:
            found[parsed.lang].append((parsed, triple))
    extra = [(lang, pair) for lang, pairs in found.items() for pair in pairs[1:]]
    for lang, (parsed, _) in extra:
        merge.report("error", subject, f"a second prefLabel in {lang} was left out: {parsed.value!r}")
    return {triple for _, (_, triple) in extra}
