"""A directed graph in layers: which layer each vertex is in, in which order, and where across its layer.

Vertices are numbers. A line over several layers gets a *lane* in each of them: a vertex of its own, after the others.
All of it is deterministic, and in a star the order of the vertices is kept.
"""

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

Pair = tuple[int, int]

SWEEPS = 12
"""Times that an order, and then a placement, is improved at most."""

STILL = 0.5
"""Pixels: when no vertex moves farther, a placement is settled."""

LANE_PULL = 8.0
"""How much more than another line one that passes a layer wants to be straight."""


class Layers(NamedTuple):
    """`ranks` per vertex, lanes included; `order` per layer; `ways` per line, from the lower layer to the higher."""

    ranks: list[int]
    order: list[list[int]]
    ways: list[list[int]]


def in_layers(count: int, lines: Sequence[Pair], widest: int | None = None) -> Layers:
    """Give each of `count` vertices a layer, so that every line (no circles among them) runs to a higher one.

    A layer with more than `widest` vertices is made several.
    """
    ranks = _ranks(count, lines)
    if widest:
        ranks = _split(ranks, lines, widest)
    ways = [_way(ranks, tail, head) for tail, head in lines]
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for vertex, rank in enumerate(ranks):
        layers[rank].append(vertex)
    layers = [_lanes_in_the_middle(layer, count) for layer in layers]
    return Layers(ranks, _with_few_crossings(layers, ranks, links_of(ways)), ways)


def _lanes_in_the_middle(layer: list[int], count: int) -> list[int]:
    boxes = [vertex for vertex in layer if vertex < count]
    half = len(boxes) // 2
    return [*boxes[:half], *layer[len(boxes) :], *boxes[half:]]


def without_circles(count: int, lines: Sequence[Pair]) -> list[Pair]:
    """The lines, those turned round that close a circle when one follows them from the first vertex on."""
    heads: list[list[int]] = [[] for _ in range(count)]
    for number, (tail, _) in enumerate(lines):
        heads[tail].append(number)
    state = [0] * count  # 1: on the way, 2: done
    found = list(lines)
    for start in range(count):
        trail = [] if state[start] else [(start, iter(heads[start]))]
        state[start] = state[start] or 1
        while trail:
            vertex, rest = trail[-1]
            number = next(rest, -1)
            if number < 0:
                state[vertex] = 2
                trail.pop()
                continue
            head = lines[number][1]
            if state[head] == 1:
                found[number] = (head, vertex)
            elif not state[head]:
                state[head] = 1
                trail.append((head, iter(heads[head])))
    return found


def links_of(ways: Sequence[Sequence[int]]) -> list[Pair]:
    """The steps of the ways: pairs of vertices in layers that follow each other."""
    return [pair for way in ways for pair in itertools.pairwise(way)]


def _ranks(count: int, lines: Sequence[Pair]) -> list[int]:
    """The longest path to each vertex; then those that more lines leave than enter move up to what they lead to."""
    heads: list[list[int]] = [[] for _ in range(count)]
    entering = [0] * count
    for tail, head in lines:
        heads[tail].append(head)
        entering[head] += 1
    ranks, missing = [0] * count, entering[:]
    ready = [vertex for vertex in range(count) if not missing[vertex]]
    for vertex in ready:  # grows: topological order
        for head in heads[vertex]:
            ranks[head] = max(ranks[head], ranks[vertex] + 1)
            missing[head] -= 1
            if not missing[head]:
                ready.append(head)
    for vertex in reversed(ready):
        if len(heads[vertex]) > entering[vertex]:
            ranks[vertex] = min(ranks[head] for head in heads[vertex]) - 1
    least = min(ranks, default=0)
    return [rank - least for rank in ranks]


def _split(ranks: list[int], lines: Sequence[Pair], widest: int) -> list[int]:
    """Ranks in which no layer has more than `widest`. What only leads on has its first ones next to the layer below."""
    entered = {head for _, head in lines}
    layers: dict[int, list[int]] = {}
    for vertex, rank in enumerate(ranks):
        layers.setdefault(rank, []).append(vertex)
    found, base = ranks[:], 0
    for rank in sorted(layers):
        rows = -(-len(layers[rank]) // widest)
        each = -(-len(layers[rank]) // rows)
        upwards = not any(vertex in entered for vertex in layers[rank])
        for place, vertex in enumerate(layers[rank]):
            row = place // each
            found[vertex] = base + (rows - 1 - row if upwards else row)
        base += rows
    return found


def _way(ranks: list[int], tail: int, head: int) -> list[int]:
    """The vertices from one end of a line to the other; adds a lane for each layer between them."""
    lanes = range(len(ranks), len(ranks) + ranks[head] - ranks[tail] - 1)
    ranks += range(ranks[tail] + 1, ranks[head])
    return [tail, *lanes, head]


def _with_few_crossings(layers: list[list[int]], ranks: list[int], links: list[Pair]) -> list[list[int]]:
    """The best order found by moving each vertex to the mean place of what it is joined to, layer by layer."""
    before, after = _neighbours(len(ranks), links)
    order = [layer[:] for layer in layers]
    best, fewest = [layer[:] for layer in order], _crossings(order, after)
    for sweep in range(SWEEPS if fewest else 0):
        down = sweep % 2 == 0
        for layer in order if down else reversed(order):
            place = {v: i for other in order for i, v in enumerate(other)}
            joined = before if down else after
            mean = {v: sum(place[o] for o in joined[v]) / len(joined[v]) if joined[v] else place[v] for v in layer}
            if sweep % 4 > 1:  # equal means change places
                layer.reverse()
            layer.sort(key=mean.__getitem__)
        crossings = _crossings(order, after)
        if crossings < fewest:
            best, fewest = [layer[:] for layer in order], crossings
        if not fewest:
            break
    return best


def _neighbours(count: int, links: list[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for one, other in links:
        after[one].append(other)
        before[other].append(one)
    return before, after


def _crossings(order: list[list[int]], after: list[list[int]]) -> int:
    """How often lines cross between neighbouring layers."""
    crossings = 0
    for layer, following in itertools.pairwise(order):
        place = {vertex: index for index, vertex in enumerate(following)}
        passed: list[int] = []
        for vertex in layer:
            ends = sorted(place[other] for other in after[vertex])
            crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossings


def places(layers: Layers, sizes: Sequence[float], gap: float) -> list[float]:
    """The middle of each vertex across its layer: near what it is joined to, in order, never over another.

    `sizes` are the extents across, lanes included; the first place starts at 0.
    """
    boxes = len(sizes) - sum(len(way) - 2 for way in layers.ways)
    pulls: list[list[tuple[int, float]]] = [[] for _ in sizes]
    for one, other in links_of(layers.ways):
        pull = LANE_PULL ** ((one >= boxes) + (other >= boxes))
        pulls[one].append((other, pull))
        pulls[other].append((one, pull))
    found = [0.0] * len(sizes)
    rows = [_Row(layer, _offsets(layer, sizes, gap), _weights(layer, pulls)) for layer in layers.order]
    for row in rows:
        for vertex, offset in zip(row.layer, row.offsets, strict=True):
            found[vertex] = offset - row.offsets[-1] / 2
    for sweep in range(SWEEPS if len(rows) > 1 else 0):
        moved = [_settle(row, pulls, found) for row in (rows if sweep % 2 else reversed(rows))]
        if max(moved) < STILL:
            break
    least = min((place - size / 2 for place, size in zip(found, sizes, strict=True)), default=0.0)
    return [place - least for place in found]


class _Row(NamedTuple):
    """A layer, how far each vertex must be from the first, and how strongly each is pulled."""

    layer: list[int]
    offsets: list[float]
    weights: list[float]


def _offsets(layer: list[int], sizes: Sequence[float], gap: float) -> list[float]:
    found = [0.0]
    for one, other in itertools.pairwise(layer):
        found.append(found[-1] + (sizes[one] + sizes[other]) / 2 + gap)
    return found


def _weights(layer: list[int], pulls: list[list[tuple[int, float]]]) -> list[float]:
    return [sum([pull for _, pull in pulls[vertex]]) or 0.01 for vertex in layer]


def _settle(row: _Row, pulls: list[list[tuple[int, float]]], found: list[float]) -> float:
    """Move a layer as near to what pulls it as order and room allow (least squares, by blocks). How far it moved."""
    blocks: list[tuple[float, float, int]] = []  # weighted sum of places, weight, members
    for vertex, offset, weight in zip(row.layer, row.offsets, row.weights, strict=True):
        total, members = -offset * weight, 1
        for other, pull in pulls[vertex]:
            total += found[other] * pull
        while blocks and blocks[-1][0] * weight > total * blocks[-1][1]:
            before = blocks.pop()
            total, weight, members = total + before[0], weight + before[1], members + before[2]
        blocks.append((total, weight, members))
    moved, number = 0.0, 0
    for total, weight, members in blocks:
        level = total / weight
        for _ in range(members):
            vertex, place = row.layer[number], level + row.offsets[number]
            moved = max(moved, abs(place - found[vertex]))
            found[vertex] = place
            number += 1
    return moved
