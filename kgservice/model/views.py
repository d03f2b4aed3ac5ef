"""What answers show of a term: all of its own, and what is named with it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kgservice.model.editions import LanguageState
from kgservice.model.glossary import Topic
from kgservice.model.terms import Question, Source, Texts


class Ref(NamedTuple):
    """A term that is named: its identity, its labels and, where an edge led there, the reason."""

    iri: str
    slug: str
    label: Texts
    reason: Texts


class TermView(NamedTuple):
    """All that answers about a term show.

    `neighbours` maps each of the neighbour kinds to terms in order; `languages` has those that the term has.
    """

    iri: str
    slug: str
    revision: int
    label: Texts
    texts: Mapping[str, Mapping[str, Sequence[str]]]
    neighbours: Mapping[str, list[Ref]]
    topics: list[Topic]
    languages: Mapping[str, LanguageState]
    sources: Sequence[Source]
    quiz: Sequence[Question]
    exact_match: Sequence[str]
    close_match: Sequence[str]
    notations: Sequence[str]
    created: str
    modified: str
    deprecated: bool
    replaced_by: Ref | None


class Spoken(NamedTuple):
    """What is said of a term in one language: its own part as JSON, and what is named with it."""

    before: bytes
    after: bytes
    used: Sequence[str]
    whole: bool
    topics: list[Topic]
    replaced_by: Ref | None
    neighbours: Mapping[str, list[Ref]]
