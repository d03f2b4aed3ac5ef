"""The layout: boxes apart, lines in the gaps, few crossings, the same every time."""

import itertools
from collections import defaultdict

import pytest
from hypothesis import given, settings

from kgservice.diagrams.graph import DIRECTIONS, Box, Graph, Line
from kgservice.diagrams.layering import in_layers, without_circles
from kgservice.diagrams.layout import ARC, FONT, Layout, Placed, Route, layout
from kgservice.diagrams.measuring import width
from tests.diagrams.graphs import all_titles, graphs, path, star


def _bend(
    start: tuple[float, float], end: tuple[float, float], *, horizontal: bool, arc: int
) -> list[tuple[float, float]]:
    """Points of a line's bend between two layers, as it is drawn: a cubic with its tangents along the lines."""
    (x0, y0), (x1, y1) = start, end
    if not horizontal:
        return [(x, y) for y, x in _bend((y0, x0), (y1, x1), horizontal=True, arc=arc)]
    middle = (x0 + x1) / 2 + (arc if x0 == x1 else 0)
    found = []
    for step in range(21):
        t = step / 20
        a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        found.append((a * x0 + (b + c) * middle + d * x1, (a + b) * y0 + (c + d) * y1))
    return found


def _points(route: Route, drawing: Layout) -> list[tuple[float, float]]:
    points = []
    for number, (one, other) in enumerate(itertools.pairwise(route.points)):
        if number % 2:  # straight on across a layer
            points += [
                (one[0] + (other[0] - one[0]) * t / 20, one[1] + (other[1] - one[1]) * t / 20) for t in range(21)
            ]
        else:
            arc = -ARC if drawing.mirrored and drawing.horizontal else ARC
            points += _bend(one, other, horizontal=drawing.horizontal, arc=arc)
    return points


def _holds(box: Placed, point: tuple[float, float], slack: float) -> bool:
    return (
        box.x + slack < point[0] < box.x + box.width - slack and box.y + slack < point[1] < box.y + box.height - slack
    )


def _require_sound(drawing: Layout) -> None:
    for one, other in itertools.combinations(drawing.boxes, 2):
        apart = (
            one.x + one.width <= other.x + 0.1
            or other.x + other.width <= one.x + 0.1
            or one.y + one.height <= other.y + 0.1
            or other.y + other.height <= one.y + 0.1
        )
        assert apart, (one, other)
    for box in drawing.boxes:
        assert box.x >= 0 and box.x + box.width <= drawing.width
        assert box.y >= 0 and box.y + box.height <= drawing.height
        assert all(width(line) * FONT + 16 <= box.width + 0.1 for line in box.lines)
    for route in drawing.routes:
        for point in _points(route, drawing):
            assert 0 <= point[0] <= drawing.width and 0 <= point[1] <= drawing.height
            under = [box.box.id for box in drawing.boxes if _holds(box, point, 0.5)]
            assert not under, (route.line, point, under)


@settings(max_examples=150)
@given(graphs())
def test_boxes_are_apart_and_no_line_runs_under_one(graph: Graph) -> None:
    for direction in DIRECTIONS:
        drawing = layout(graph, direction)
        _require_sound(drawing)
        assert len(drawing.boxes) == len(graph.boxes)
        drawn = [line for line in graph.lines if line.tail != line.head]
        assert [route.line for route in drawing.routes] == drawn


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_star_of_thirty_is_legible_in_a_column_of_800_pixels(direction: str) -> None:
    drawing = layout(star(*(all_titles() * 2)[:30]), direction)
    _require_sound(drawing)
    assert FONT * min(1, 800 / drawing.width) >= (12 if direction == "LR" else 9)


def test_a_path_of_fifteen_is_legible_in_a_column_of_800_pixels() -> None:
    for seed in range(10):
        drawing = layout(path(15, seed), "TB")
        _require_sound(drawing)
        assert FONT * min(1, 800 / drawing.width) >= 11


def test_lines_run_forward_and_a_circle_is_drawn_all_the_same() -> None:
    drawing = layout(path(15))
    assert all(route.points[0][0] < route.points[-1][0] for route in drawing.routes)
    boxes = tuple(Box(name, name, "related") for name in "abc")
    ring = Graph("Ring", "en", boxes, tuple(Line(a, b, "prerequisite") for a, b in ("ab", "bc", "ca")))
    drawing = layout(ring)
    _require_sound(drawing)
    assert [r.points[0][0] < r.points[-1][0] for r in drawing.routes] == [True, True, False]


def test_what_is_related_is_never_a_reason_for_a_further_layer() -> None:
    boxes = tuple(Box(name, name, "related") for name in "abcd")
    needs = tuple(Line(a, b, "prerequisite") for a, b in ("ab", "ac", "ad"))
    drawing = layout(Graph("Siblings", "en", boxes, (*needs, Line("b", "c", "related"), Line("d", "b", "related"))))
    _require_sound(drawing)
    assert len({box.x for box in drawing.boxes}) == 2
    assert [len(route.points) for route in drawing.routes] == [2] * 5


def test_prerequisites_run_forward_whatever_is_related() -> None:
    boxes = tuple(Box(name, name, "related") for name in "abc")
    lines = (Line("a", "b", "related"), Line("b", "c", "related"), Line("c", "a", "prerequisite"))
    drawing = layout(Graph("Round", "en", boxes, lines))
    _require_sound(drawing)
    assert drawing.routes[2].points[0][0] < drawing.routes[2].points[-1][0]


def test_a_language_from_right_to_left_is_mirrored() -> None:
    boxes = (Box("a", "المنطق", "prerequisite", "ar"), Box("b", "شبكات الحاسوب", "centre", "ar"))
    graph = Graph("شبكات الحاسوب", "ar", boxes, (Line("a", "b", "prerequisite"),))
    before, centre = layout(graph).boxes
    assert before.x > centre.x
    assert layout(graph, "TB").boxes[0].y < layout(graph, "TB").boxes[1].y


def test_the_order_of_a_star_is_kept() -> None:
    drawing = layout(star(*[("en", f"Term {n}") for n in range(12)], kinds=("prerequisite",)))
    places = [box.y for box in drawing.boxes[1:]]
    assert places == sorted(places)


def test_a_tree_and_a_ladder_have_no_crossings() -> None:
    lines = [(0, 3), (0, 4), (1, 4), (1, 5), (2, 3)]
    layers = in_layers(6, lines)
    place = {vertex: index for layer in layers.order for index, vertex in enumerate(layer)}
    crossings = sum(
        (place[a] - place[c]) * (place[b] - place[d]) < 0 for (a, b), (c, d) in itertools.combinations(lines, 2)
    )
    assert crossings == 0


def test_circles_are_broken_by_the_line_that_closes_them() -> None:
    assert without_circles(3, [(0, 1), (1, 2), (2, 0)]) == [(0, 1), (1, 2), (0, 2)]
    assert without_circles(2, [(0, 1), (1, 0)]) == [(0, 1), (0, 1)]


def test_nothing_to_place() -> None:
    assert layout(Graph("Empty", "en", (), ())).boxes == ()
    assert layout(Graph("One", "en", (Box("a", "A", "centre"),), (Line("a", "a", "related"),))).routes == ()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_lines_that_meet_a_box_stay_apart(direction: str) -> None:
    titles = [("en", f"Term {number}") for number in range(30)]
    drawing = layout(star(*titles, kinds=("prerequisite", "related")), direction)
    sides: dict[int, set[int]] = defaultdict(set)
    for x, y in [end for route in drawing.routes for end in (route.points[0], route.points[-1])]:
        along, across = (x, y) if drawing.horizontal else (y, x)
        sides[along].add(across)
    assert max(map(len, sides.values())) >= 10
    for places in sides.values():
        assert all(other - one >= 5 for one, other in itertools.pairwise(sorted(places))), places
