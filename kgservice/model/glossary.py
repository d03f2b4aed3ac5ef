"""The glossary itself and its topics."""

from dataclasses import dataclass, field

from kgservice.errors import Fault
from kgservice.model.languages import canonical_tag
from kgservice.model.terms import Texts, is_iri


@dataclass(frozen=True, slots=True)
class Glossary:
    """One glossary: the one concept scheme of a data directory.

    `base` ends in a slash; IRIs of terms made here start with it. `languages` are in order: the first is the default,
    the order is that of fallback.
    """

    base: str
    languages: tuple[str, ...]
    title: Texts = field(default_factory=dict)
    licence: str | None = None

    @property
    def iri(self) -> str:
        """The IRI of the concept scheme."""
        return f"{self.base}glossary"

    def term_iri(self, slug: str) -> str:
        """The IRI of a term made here with that slug."""
        return f"{self.base}id/{slug}"


@dataclass(frozen=True, slots=True)
class Topic:
    """A named group of terms (a skos:Collection). `members` are IRIs, sorted."""

    iri: str
    slug: str
    label: Texts
    members: tuple[str, ...] = ()


def glossary_faults(glossary: Glossary) -> list[Fault]:
    """Everything that keeps the glossary's settings from being accepted."""
    faults = [
        Fault("languages", f"{tag!r} is not a canonical language tag")
        for tag in glossary.languages
        if canonical_tag(tag) != tag
    ]
    if not glossary.languages or len(set(glossary.languages)) < len(glossary.languages):
        faults.append(Fault("languages", "names no language, or one twice"))
    if not is_iri(glossary.base) or not glossary.base.startswith(("http://", "https://")) or glossary.base[-1] != "/":
        faults.append(Fault("baseIri", f"{glossary.base!r} is not an http or https IRI that ends in a slash"))
    if glossary.licence is not None and not is_iri(glossary.licence):
        faults.append(Fault("licence", f"{glossary.licence!r} is not an absolute IRI"))
    return faults
