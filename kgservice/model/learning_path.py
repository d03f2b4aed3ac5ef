"""A learning path: the terms to learn for some goals, each after all that it requires."""

from collections.abc import Mapping
from dataclasses import dataclass

from kgservice.model.terms import Texts


@dataclass(frozen=True, slots=True)
class PathStep:
    """A term on the way. `requires` are the slugs of its prerequisites, those that are known included."""

    iri: str
    slug: str
    label: Texts
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathEdge:
    """Why a step (`source`, by slug) comes after another (`target`), as the prerequisite states it."""

    source: str
    target: str
    reason: Texts


@dataclass(frozen=True, slots=True)
class LearningPath:
    """The way to `goals` for one who knows `known` (slugs both).

    `steps` are in order, the goals among them unless they are known. `edges` are the prerequisites between steps, by
    the step that has them. `needed` counts all terms of the way, known ones and what only they require included.
    """

    goals: tuple[str, ...]
    known: tuple[str, ...]
    steps: tuple[PathStep, ...]
    edges: tuple[PathEdge, ...]
    needed: int


def ordered_steps(goals: tuple[str, ...], requires: Mapping[str, list[str]], known: frozenset[str]) -> list[str]:
    """All that the goals require and is not known, each after what it requires, the goals included.

    Goals are taken as given and prerequisites in their order, and what a term requires stands right before it unless it
    was met earlier: related steps stay together, and the same question has the same answer. Where terms require each
    other in a circle, the one that is met first comes last.
    """
    order: dict[str, None] = {}
    met = set(known)
    for goal in goals:
        waiting = [] if goal in met else [(goal, iter(requires.get(goal, ())))]
        met.add(goal)
        while waiting:
            term, rest = waiting[-1]
            following = next((one for one in rest if one not in met), None)
            if following is None:
                order[term] = None
                waiting.pop()
            else:
                met.add(following)
                waiting.append((following, iter(requires.get(following, ()))))
    return list(order)
