"""Rules that hold between terms. Pure functions over pairs of IRIs; the store asks them inside each write."""

from collections import defaultdict
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

Pair = tuple[str, str]


def find_cycle(pairs: Iterable[Pair]) -> list[str] | None:
    """A closed walk along `(from, to)` pairs, first node repeated at its end; None where there is none."""
    graph: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        graph[target].append(source)  # the sorter reads "comes after", so that a cycle is told in the pairs' own sense
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return None


def related_ancestors(related: Iterable[Pair], broader: Iterable[Pair]) -> list[Pair]:
    """The related pairs that SKOS S27 forbids: one end is an ancestor of the other."""
    parents: dict[str, set[str]] = defaultdict(set)
    for child, parent in broader:
        parents[child].add(parent)
    known: dict[str, set[str]] = {}

    def ancestors(iri: str) -> set[str]:
        if iri not in known:
            found: set[str] = set()
            waiting = list(parents.get(iri, ()))
            while waiting:
                parent = waiting.pop()
                if parent not in found:
                    found.add(parent)
                    waiting.extend(parents.get(parent, ()))
            known[iri] = found
        return known[iri]

    return [(one, other) for one, other in related if other in ancestors(one) or one in ancestors(other)]
