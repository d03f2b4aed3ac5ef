"""What is wrong in seed files, told by file, line and reason, before anything is made of them.

An import mends what it can and reports the rest; the seed is ours and has to be right. So its files are read one by
one, and what no single record shows (a link to no term, a circle, a question with two right answers) is looked up in
the text again to tell the line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgservice.errors import Unusable
from kgservice.model.glossary import Glossary
from kgservice.model.rules import find_cycle
from kgservice.model.terms import Term, term_faults
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple, iri, iri_value, is_iri, parse_line, parse_literal
from kgservice.services.import_batch import Loaded
from kgservice.services.import_formats import load_files

_LINKS = {*mapping.EDGE_PREDICATES.values(), mapping.TARGET, mapping.MEMBER}


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A seed file: as it was read, and the triples that it states."""

    loaded: Loaded
    base: str
    triples: frozenset[Triple]

    def line(self, subject: str, *words: str) -> int:
        """The line where a subject's statements begin, or where all the words stand first after that; from 1."""
        local = subject.removeprefix(self.base)
        starts = (f"<{local}> ", f"{local.replace('id/', 'id:', 1)} ", f"<{subject}> ")
        lines = self.loaded.path.read_text(encoding="utf-8").splitlines()
        start = next((n for n, line in enumerate(lines, 1) if line.startswith(starts)), 1)
        end = next((n for n, line in enumerate(lines[start:], start) if line.startswith(("<", "id:"))), len(lines))
        inside = range(start, end + 1)
        return next((n for n in inside if words and all(word in lines[n - 1] for word in words)), start)

    def fault(self, message: str, subject: str, *words: str) -> str:
        """The message with file and line before it."""
        return f"{self.loaded.path.name}: line {self.line(subject, *words)}: {message}"

    def name(self, of: str) -> str:
        """An IRI as the file writes it: `logic` for a term, `id/logic#q1` for a part of one."""
        local = of.removeprefix(self.base)
        return local if "#" in local else local.removeprefix("id/")


def read_seed(paths: Iterable[Path], base: str) -> list[SeedFile]:
    """Read the files; `Unusable` tells file, line and reason of one that is no Turtle or has a malformed tag."""
    return [
        SeedFile(file, base, frozenset(parse_line(line) for line in file.content.split("\n") if line))
        for file in load_files([(path, "ttl") for path in paths], base)
    ]


def seed_glossary(files: Iterable[SeedFile], base: str) -> Glossary:
    """The glossary that the files describe, for a base IRI; `Unusable` if they describe none."""
    subject = f"{base}glossary"
    said = mapping.by_subject(t for file in files for t in file.triples if t[0] == iri(subject)).get(iri(subject), {})
    if not mapping.is_glossary(said):
        raise Unusable(f"no file describes the glossary <{subject}> with its languages")
    return mapping.read_glossary(subject, said)


def seed_faults(files: Sequence[SeedFile], glossary: Glossary) -> list[str]:
    """Everything wrong in the files of one seed, each with file, line and reason."""
    terms = {iri_value(subject) for file in files for subject in _subjects(file, mapping.TERM_TYPES[0])}
    return [
        *(fault for file in files for fault in file_faults(file, glossary)),
        *(fault for file in files for fault in _dangling(file, terms)),
        *_circle(files),
    ]


def file_faults(file: SeedFile, glossary: Glossary) -> Iterator[str]:
    """What is wrong in one file, as far as it can be told without the others."""
    yield from _foreign_languages(file, glossary)
    yield from _answers(file)
    for term in file_terms(file):
        for fault in term_faults(term):
            yield file.fault(f"{fault.field} {fault.message}", term.iri)


def file_terms(file: SeedFile) -> list[Term]:
    """The terms that a file describes, by IRI."""
    statements = mapping.by_subject(file.triples)
    subjects = sorted(filter(lambda subject: mapping.is_term(statements[subject]), statements))
    return [mapping.read_term(s, s, file.base, statements) for s in map(iri_value, subjects)]


def _subjects(file: SeedFile, type_: str) -> set[str]:
    return {subject for subject, predicate, object_ in file.triples if (predicate, object_) == (mapping.TYPE, type_)}


def _foreign_languages(file: SeedFile, glossary: Glossary) -> Iterator[str]:
    for subject, _, object_ in sorted(file.triples):
        parsed = None if is_iri(object_) else parse_literal(object_)
        if parsed and parsed.lang is not None and parsed.lang not in glossary.languages:
            told = f"{parsed.lang!r} is not one of the glossary's languages ({' '.join(glossary.languages)})"
            yield file.fault(told, iri_value(subject), f"@{parsed.lang}")


def _answers(file: SeedFile) -> Iterator[str]:
    statements = mapping.by_subject(file.triples)
    for question in sorted(_subjects(file, mapping.PART_PREDICATES[mapping.QUESTION])):
        said = statements[question]
        right = said.get(mapping.ANSWER, [])
        if len(right) != 1 or right[0] not in said.get(mapping.CHOICE, ()):
            place = iri_value(question)
            told = f"{file.name(place)} has {len(right)} right answers among its choices, not exactly one"
            yield file.fault(told, place, "kg:answer")


def _dangling(file: SeedFile, terms: set[str]) -> Iterator[str]:
    for subject, predicate, object_ in sorted(file.triples):
        if predicate in _LINKS and iri_value(object_) not in terms:
            target = file.name(iri_value(object_))
            words = re.split("[/#]", iri_value(predicate))[-1]
            told = f"{file.name(iri_value(subject))} leads to {target} ({words}), and there is no such term"
            yield file.fault(told, iri_value(subject), f"id:{target}")


def _circle(files: Sequence[SeedFile]) -> Iterator[str]:
    predicate = mapping.EDGE_PREDICATES["prerequisite"]
    stated = {(iri_value(s), iri_value(o)): file for file in files for s, p, o in file.triples if p == predicate}
    if cycle := find_cycle(stated):
        file = stated[cycle[0], cycle[1]]
        told = f"these terms require each other in a circle: {' → '.join(map(file.name, cycle))}"
        yield file.fault(told, cycle[0], f"id:{file.name(cycle[1])}")
