"""A neighbourhood as a graph to draw: what comes before on one side of the centre, what follows on the other."""

from collections.abc import Callable, Iterator

from kgservice.diagrams.graph import Box, Graph, Line
from kgservice.diagrams.words import ENGLISH, Words
from kgservice.model.neighbourhood import Link, Neighbour, Neighbourhood
from kgservice.model.terms import NEIGHBOUR_KINDS

Titled = tuple[str, str]
"""A title and the tag of its language, empty for a slug."""

_SIDE = {"prerequisite": -1, "broader": -1, "requiredBy": 1, "narrower": 1}
_TOGETHER = 8
"""Related terms that stand on one side of the centre, the emptier one; of more, half stands on either side."""


def drawn_graph(
    found: Neighbourhood,
    *,
    title: Callable[[Neighbour], Titled],
    link: Callable[[str], str | None],
    words: Words = ENGLISH,
) -> Graph:
    """The boxes and lines of a neighbourhood. `title` gives a term's title, `link` the address for its slug."""
    name, lang = title(found.centre)
    sides = _sides(found)
    boxes = []
    for node in found.nodes:
        text, tag = title(node)
        boxes.append(Box(node.iri, text if text.strip() else node.slug, node.role, tag, link(node.slug)))
    lines = [*_lines(found, sides)]
    for kind in filter(found.left_out.get, NEIGHBOUR_KINDS):
        more = f"more {kind}"  # no IRI has a space
        boxes.append(Box(more, words.more.format(found.left_out[kind]), kind, words.lang, link(found.centre.slug)))
        side = _SIDE.get(kind) or _side_of_related(found, sides)
        lines.append(_towards(side, more, found.centre.iri, kind))
    return Graph(name or found.centre.slug, lang, tuple(boxes), tuple(lines))


def _sides(found: Neighbourhood) -> dict[str, int]:
    """How far before (negative) or after the centre each term stands."""
    centre = found.centre.iri
    sides = {centre: 0}
    near = [node for node in found.nodes[1:] if node.reached_from == centre]
    left = sum(_SIDE.get(node.role) == -1 for node in near)
    right = sum(_SIDE.get(node.role) == 1 for node in near)
    related = [node for node in near if node.role == "related"]
    first = -1 if left < right else 1
    for node in related:
        if len(related) > _TOGETHER:
            first = -1 if left < right else 1
            left, right = left + (first < 0), right + (first > 0)
        sides[node.iri] = first
    for node in found.nodes[1:]:
        start = sides.get(node.reached_from, 0)
        sides.setdefault(node.iri, start + _SIDE.get(node.role, -1 if start < 0 else 1))
    return sides


def _side_of_related(found: Neighbourhood, sides: dict[str, int]) -> int:
    return next((sides[n.iri] for n in reversed(found.nodes) if n.role == "related" and n.distance == 1), 1)


def _lines(found: Neighbourhood, sides: dict[str, int]) -> Iterator[Line]:
    """One line for each pair of terms: first those by which terms were reached."""
    drawn = set()
    for node in found.nodes[1:]:
        drawn.add(frozenset((node.iri, node.reached_from)))
        side = _SIDE.get(node.role) or (-1 if sides[node.iri] < sides[node.reached_from] else 1)
        yield _towards(side, node.iri, node.reached_from, node.role)
    for one in found.links:
        pair = frozenset((one.source, one.target))
        if pair not in drawn:
            drawn.add(pair)
            yield _stated(one, sides)


def _towards(side: int, iri: str, other: str, kind: str) -> Line:
    return Line(iri, other, kind) if side < 0 else Line(other, iri, kind)


def _stated(one: Link, sides: dict[str, int]) -> Line:
    if one.kind == "related" and sides[one.source] <= sides[one.target]:
        return Line(one.source, one.target, one.kind)
    return Line(one.target, one.source, one.kind)
