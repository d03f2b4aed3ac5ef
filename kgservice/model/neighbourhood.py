"""The terms around a term, up to some depth: what JSON, diagrams and pages show of the graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kgservice.model.terms import Texts


class Neighbour(NamedTuple):
    """A term of a neighbourhood. `role` is the kind by which it was reached first, or `centre`.

    `distance` counts edges; `reached_from` is the IRI of the term from which it was reached (its own for the centre).
    """

    iri: str
    slug: str
    label: Texts
    role: str
    distance: int
    reached_from: str


class Link(NamedTuple):
    """An edge as its RDF statement runs: `source` states `kind` of `target`. `narrower` is told as `broader`."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The centre first, then its neighbours by distance, kind, position and slug.

    `links` are the edges that touch a term nearer than the depth, both ends among `nodes`. `left_out` counts, per
    kind, the terms beyond the limit.
    """

    nodes: tuple[Neighbour, ...]
    links: tuple[Link, ...]
    left_out: Mapping[str, int]

    @property
    def centre(self) -> Neighbour:
        """The term in the middle."""
        return self.nodes[0]
