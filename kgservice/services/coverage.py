"""Coverage: what a language has, lacks, and has from sources that have changed since; most needed terms first."""

from dataclasses import dataclass

from kgservice.model.editions import COMPARED, stale_fields
from kgservice.model.terms import Texts
from kgservice.store import coverage, reading
from kgservice.store.coverage import Row
from kgservice.store.store import Store


@dataclass(slots=True)
class Counts:
    """In how many terms a language has a field, lacks one that another language has, and has it stale."""

    present: int = 0
    missing: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Wanting:
    """A term with work to do in a language. `needed_by` counts the terms in use that require it."""

    iri: str
    slug: str
    label: Texts
    needed_by: int
    missing: list[str]
    stale: list[str]


def get_coverage(
    store: Store, lang: str, *, after: str = "", limit: int = 50
) -> tuple[dict[str, Counts], list[Wanting], str | None]:
    """The counts of each field, a page of the terms that lack or have stale ones, and where the next page starts."""
    with store.read() as connection:
        rows = coverage.rows(connection, lang, COMPARED)
        counts = {name: Counts() for name in COMPARED}
        waiting = []
        for iri, row in rows.items():
            missing, stale = _count(row, lang, counts)
            if missing or stale:
                waiting.append((-row.needed, row.slug, iri, missing, stale))
        waiting.sort()
        start = next((i for i, one in enumerate(waiting, 1) if one[1] == after), 0)
        page = waiting[start : start + limit]
        labels = reading.labels(connection, [iri for _, _, iri, _, _ in page])
    items = [Wanting(iri, slug, labels.get(iri, {}), -n, missing, stale) for n, slug, iri, missing, stale in page]
    return counts, items, items[-1].slug if start + limit < len(waiting) else None


def _count(row: Row, lang: str, counts: dict[str, Counts]) -> tuple[list[str], list[str]]:
    """Add a term to the counts; the fields that it lacks and those that are stale."""
    held = dict(row.fields)
    if row.quiz and set.intersection(*(set(question.text) for question in row.quiz)):
        held["quiz"] = all(lang in question.text for question in row.quiz)
    stale = [name for name in stale_fields(row.source, row.quiz, row.edition) if name in counts]
    for name in held:
        counts[name].present += held[name]
        counts[name].missing += not held[name]
    for name in stale:
        counts[name].stale += 1
    return [name for name in COMPARED if held.get(name) is False], stale
