"""Import: what the steps of a merge share, and how they report what they leave out."""

from collections import defaultdict
from collections.abc import Iterable

from kgservice.rdf.ntriples import Triple, iri_value
from kgservice.services.import_batch import Batch
from kgservice.store.store import Change


class Merge:
    """One batch on its way into the graph, inside the write transaction: what each step leaves for the next."""

    def __init__(self, change: Change, batch: Batch, lang: str | None, *, may_review: bool) -> None:
        self.change = change
        self.batch = batch
        self.may_review = may_review
        self.base = batch.glossary.base
        self.lang = lang
        self.existing = change.homes()  # IRI of each term: its home
        self.slugs = {term: slug for slug, term in batch.known.items()}
        self.new = grouped(batch.triples)
        self.homes: dict[str, str] = {}
        self.known_homes: set[str] = set()
        self.parts: dict[str, list[str]] = defaultdict(list)
        self.untold: set[str] = set()  # editions whose status the file's word does not change

    def own_subjects(self, term: str) -> list[str]:
        """A term and its own resources."""
        return [term, *self.parts[term]]

    def drop(self, term: str, message: str) -> None:
        """Leave out what the file says of a term, and say why."""
        for subject in [term, *self.parts.get(term, ())]:
            self.new.pop(subject, None)
        self.report("error", term, message)

    def report(self, severity: str, term: str, message: str) -> None:
        """Note a problem where the term stands in its file."""
        self.batch.report(severity, self.batch.where.get(term) or self.name(term), message)

    def name(self, term: str) -> str:
        """The term as reports name it: its slug, if it has one."""
        return self.slugs.get(term) or (
            term.removeprefix(f"{self.base}id/") if term.startswith(self.base) else f"<{term}>"
        )


def grouped(triples: Iterable[Triple]) -> dict[str, set[Triple]]:
    """The triples by the IRI of their subject."""
    found: dict[str, set[Triple]] = defaultdict(set)
    for triple in triples:
        found[iri_value(triple[0])].add(triple)
    return dict(found)
