"""The order of a learning path."""

from hypothesis import given
from hypothesis import strategies as st

from kgservice.model.learning_path import ordered_steps

NONE: frozenset[str] = frozenset()


def test_related_steps_stay_together() -> None:
    requires = {"goal": ["left", "right"], "left": ["left-1"], "right": ["right-1"], "right-1": ["base"]}
    assert ordered_steps(("goal",), requires, NONE) == ["left-1", "left", "base", "right-1", "right", "goal"]


def test_what_is_known_is_left_out_with_what_only_it_requires() -> None:
    requires = {"a": ["b", "d"], "b": ["c"], "c": ["e"]}
    assert ordered_steps(("a",), requires, frozenset({"b"})) == ["d", "a"]
    assert ordered_steps(("a",), requires, frozenset({"a"})) == []


def test_a_circle_ends() -> None:
    requires = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["d"]}
    assert ordered_steps(("a", "d"), requires, NONE) == ["c", "b", "a", "d"]


def test_a_long_chain_is_no_deep_recursion() -> None:
    requires = {str(number): [str(number + 1)] for number in range(20_000)}
    assert ordered_steps(("0",), requires, NONE)[-1] == "0"


_GRAPHS = st.dictionaries(st.integers(1, 12), st.lists(st.integers(0, 11), unique=True, max_size=5)).map(
    lambda drawn: {str(source): [str(t) for t in targets if t < source] for source, targets in drawn.items()}
)


@given(_GRAPHS, st.sets(st.integers(0, 12)))
def test_each_step_is_after_all_that_it_requires(requires: dict[str, list[str]], known: set[int]) -> None:
    held = frozenset(map(str, known))
    order = ordered_steps(("12", "7"), requires, held)
    assert len(set(order)) == len(order) and not held & set(order)
    for place, step in enumerate(order):
        assert set(requires.get(step, ())) <= held | set(order[:place])
