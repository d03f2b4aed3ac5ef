"""Learning paths: what to learn for some goals and in which order, and what can be learned next."""

from collections import defaultdict
from collections.abc import Sequence

from kgservice.errors import Fault, Invalid
from kgservice.model.learning_path import LearningPath, PathEdge, PathStep, ordered_steps
from kgservice.store import prerequisites
from kgservice.store.prerequisites import Requirement
from kgservice.store.rows import Reading
from kgservice.store.store import Store

GOALS_MAX = 100
KNOWN_MAX = 1000


def learning_path(store: Store, goals: Sequence[str], known: Sequence[str] = ()) -> LearningPath:
    """The path to the goals for one who knows some terms: slugs both, former ones too.

    `Invalid` names every slug that no term has or had. What is known is not learned again, nor what only it requires:
    a goal that is known has no step.
    """
    with store.read() as connection:
        goals, known = _present(connection, to=goals, known=known)
        terms = prerequisites.needed(connection, goals)
        found = prerequisites.requirements(connection, goals)
    requires = _by_source(found)
    order = ordered_steps(goals, requires, frozenset(known))
    steps = [PathStep(*terms[slug], requires=tuple(requires.get(slug, ()))) for slug in order]
    place = {slug: number for number, slug in enumerate(order)}
    between = sorted(
        (one for one in found if one.source in place and one.target in place), key=lambda one: place[one.source]
    )
    edges = tuple(PathEdge(*one) for one in between)
    return LearningPath(goals, known, tuple(steps), edges, len(terms))


def next_steps(
    store: Store, known: Sequence[str] = (), *, after: str = "", limit: int = 50
) -> tuple[list[PathStep], str | None]:
    """The terms, by slug, that are not known but all that they require is, and the slug after which there are more.

    `Invalid` names every slug that no term has or had.
    """
    with store.read() as connection:
        (known,) = _present(connection, known=known)
        slugs = prerequisites.open_slugs(connection, known, after, limit + 1)
        terms = prerequisites.needed(connection, slugs[:limit])
        requires = _by_source(prerequisites.requirements(connection, slugs[:limit]))
    steps = [PathStep(*terms[slug], requires=tuple(requires.get(slug, ()))) for slug in slugs[:limit]]
    return steps, slugs[limit - 1] if len(slugs) > limit else None


def only_terms(store: Store, slugs: Sequence[str]) -> list[str]:
    """Those of the slugs that a term has or had, as they are now: what a browser kept may have gone since."""
    with store.read() as connection:
        present = prerequisites.present_slugs(connection, set(slugs))
    return list(dict.fromkeys(present[slug] for slug in slugs if slug in present))


def _present(connection: Reading, **lists: Sequence[str]) -> list[tuple[str, ...]]:
    """The slugs of each list as they are now, each once."""
    present = prerequisites.present_slugs(connection, {slug for slugs in lists.values() for slug in slugs})
    missing = [(name, slug) for name, slugs in lists.items() for slug in dict.fromkeys(slugs) if slug not in present]
    if missing:
        raise Invalid([Fault(name, f"there is no term {slug!r}") for name, slug in missing])
    return [tuple(dict.fromkeys(present[slug] for slug in slugs)) for slugs in lists.values()]


def _by_source(requirements: Sequence[Requirement]) -> dict[str, list[str]]:
    requires: dict[str, list[str]] = defaultdict(list)
    for one in requirements:
        requires[one.source].append(one.target)
    return requires
