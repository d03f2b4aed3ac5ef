"""Tell what is wrong in seed files: python -m tests.seed.check_term SLUG... (no slug: every file, and the coverage)."""

import sys
from pathlib import Path

from kgservice.config import packaged
from kgservice.errors import Unusable
from kgservice.model.terms import Term
from kgservice.services.seeds import SeedFile, file_faults, file_terms, read_seed, seed_glossary
from tests.seed.rules import FULL, coverage, own_sentences, right_is_longest, term_rules

BASE = "http://localhost:8000/"


def main(slugs: list[str]) -> int:
    """Print what is wrong in the files of these terms; the number of files with faults."""
    folder = packaged("seed_data")
    glossary = seed_glossary(read_seed([folder / "glossary.ttl"], BASE), BASE)
    paths = sorted((folder / "terms").glob("*.ttl"))
    bad = 0
    files = {path.stem: _read(path) for path in paths}
    for slug in slugs or sorted(files):
        file = files.get(slug, f"terms/{slug}.ttl: no such file")
        told = [file] if isinstance(file, str) else list(file_faults(file, glossary))
        if isinstance(file, SeedFile):
            told += _told(file, [f for f in files.values() if isinstance(f, SeedFile)], glossary.languages)
        bad += bool(told)
        print("\n".join(f"{slug}: {one}" for one in told) if told else f"{slug}: ok")
    if not slugs:
        terms = [term for file in files.values() if isinstance(file, SeedFile) for term in file_terms(file)]
        _print_coverage(terms, glossary.languages)
    return bad


def _print_coverage(terms: list[Term], languages: tuple[str, ...]) -> None:
    """A row for each field: how many of the terms have it in each language."""
    found = coverage(terms, languages)
    print(f"\n{len(terms)} terms       " + "".join(f"{lang:>9}" for lang in languages))
    for name in dict.fromkeys(name for _, name in found):
        print(f"{name:15}" + "".join(f"{found[lang, name]:9}" for lang in languages))


def _read(path: Path) -> SeedFile | str:
    try:
        return read_seed([path], BASE)[0]
    except Unusable as error:
        return str(error)


def _told(file: SeedFile, files: list[SeedFile], languages: tuple[str, ...]) -> list[str]:
    """What is wrong beyond what a load tells: rules for one term, and sentences that another term has, too."""
    terms = file_terms(file)
    if [term.slug for term in terms] != [file.loaded.path.stem]:
        return [f"the file describes {[term.slug for term in terms]}, not just its own term"]
    (term,) = terms
    told = term_rules(term, languages)
    others = {key: t.slug for f in files if f is not file for t in file_terms(f) for key in own_sentences(t)}
    shared = [(*key, name) for key, name in own_sentences(term).items() if key in others]
    told += [f"{name}.{lang} shares a sentence with {others[lang, text]}: {text}" for lang, text, name in shared]
    for lang in FULL:
        longest = [question.id for question in term.quiz if right_is_longest(question, lang)]
        if len(longest) > 1:
            told.append(f"{lang}: the right choice is the longest in {' and '.join(longest)}; one of three may be")
    return told


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
