"""A graph in layers: which layer each vertex is in, in which order, and where across its layer.

Vertices are numbers. *Firm* lines have a direction and run to a higher layer; loose ones run to any other, or join two
vertices of one layer by an *arc*. A line over several layers gets a *lane* in each of them: a vertex of its own, after
the others. All of it is deterministic, and in a star the order of the vertices is kept.
"""

import itertools
from bisect import bisect_right, insort
from collections.abc import Collection, Sequence
from typing import NamedTuple

Pair = tuple[int, int]

SWEEPS = 12
"""Times that an order, and then a placement, is improved at most."""

STILL = 0.5
"""Pixels: when no vertex moves farther, a placement is settled."""

LANE_PULL = 8.0
"""How much more than another line one that passes a layer wants to be straight."""


class Layers(NamedTuple):
    """`ranks` per vertex, lanes included; `order` per layer; `ways` per line, from the lower layer to the higher.

    The way of an arc is its two ends, of the same rank.
    """

    ranks: list[int]
    order: list[list[int]]
    ways: list[list[int]]


def in_layers(
    count: int, lines: Sequence[Pair], loose: Collection[int] = (), sizes: Sequence[int] = (), most: int = 0
) -> Layers:
    """Give each of `count` vertices a layer. `loose` are the numbers of the loose lines.

    A firm line that closes a circle runs backwards. With `sizes`, a layer whose sum is over `most` is made several.
    """
    firm = without_circles(count, [line for number, line in enumerate(lines) if number not in loose])
    ranks = _joined(_ranks(count, firm), firm, [lines[number] for number in loose])
    if sizes:
        ranks = _split(ranks, lines, sizes, most)
    ways = [_way(ranks, *((a, b) if ranks[a] <= ranks[b] else (b, a))) for a, b in lines]
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for vertex, rank in enumerate(ranks):
        layers[rank].append(vertex)
    if len(ranks) > count:
        layers = [_lanes_in_the_middle(layer, count) for layer in layers]
    return Layers(ranks, _with_few_crossings(layers, ranks, links_of(ways, ranks)), ways)


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


def links_of(ways: Sequence[Sequence[int]], ranks: Sequence[int]) -> list[Pair]:
    """The steps of the ways: pairs of vertices in layers that follow each other; no arcs."""
    return [(one, other) for way in ways for one, other in itertools.pairwise(way) if ranks[one] != ranks[other]]


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
    return ranks


def _joined(ranks: list[int], firm: Sequence[Pair], loose: Sequence[Pair]) -> list[int]:
    """The ranks from 0 on, each group that firm lines hold together moved next to the first loose line to it."""
    group = _groups(len(ranks), firm)
    moved, waiting = {group[0]: 0} if group else {}, list(loose)
    while waiting:
        apart = []
        for tail, head in waiting:
            one, other = group[tail], group[head]
            if one in moved:
                moved.setdefault(other, moved[one] + ranks[tail] + 1 - ranks[head])
            elif other in moved:
                moved[one] = moved[other] + ranks[head] - 1 - ranks[tail]
            else:
                apart.append((tail, head))
        if len(apart) == len(waiting):  # a part that nothing joins to the first
            moved[group[apart[0][0]]] = 0
        waiting = apart
    found = [rank + moved.get(group[vertex], 0) for vertex, rank in enumerate(ranks)]
    least = min(found, default=0)
    return [rank - least for rank in found]


def _groups(count: int, lines: Sequence[Pair]) -> list[int]:
    """For each vertex the first one that lines join it to, directly or not."""
    group = list(range(count))

    def first(vertex: int) -> int:
        while group[vertex] != vertex:
            vertex = group[vertex]
        return vertex

    for tail, head in lines:
        one, other = first(tail), first(head)
        group[max(one, other)] = min(one, other)
    return [first(vertex) for vertex in range(count)]


def _split(ranks: list[int], lines: Sequence[Pair], sizes: Sequence[int], most: int) -> list[int]:
    """Ranks of which none is much over `most`. What only leads on has its first ones next to the layer below."""
    entered = {head for _, head in lines}
    layers: dict[int, list[int]] = {}
    for vertex, rank in enumerate(ranks):
        layers.setdefault(rank, []).append(vertex)
    found, base = ranks[:], 0
    for rank in sorted(layers):
        total = sum([sizes[vertex] for vertex in layers[rank]])
        rows, passed = -(-total // most), 0
        upwards = not any(vertex in entered for vertex in layers[rank])
        for vertex in layers[rank]:
            row = (2 * passed + sizes[vertex]) * rows // (2 * total)  # where its middle is
            found[vertex] = base + (rows - 1 - row if upwards else row)
            passed += sizes[vertex]
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
    best, fewest = layers, _crossings(layers, after)
    order = [layer[:] for layer in layers] if fewest else layers
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
        if len(layer) == 1 or len(following) == 1:
            continue
        place = {vertex: index for index, vertex in enumerate(following)}
        passed: list[int] = []
        for vertex in layer:
            ends = sorted(place[other] for other in after[vertex])
            crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossings


def places(layers: Layers, sizes: Sequence[int], gap: int) -> list[float]:
    """The middle of each vertex across its layer: near what it is joined to, in order, never over another.

    `sizes` are the extents across, lanes included; the first place starts at 0.
    """
    pulls = _pulls(layers, len(sizes))
    rows = [_row(layer, pulls, sizes, gap) for layer in layers.order]
    found = [0.0] * len(sizes)
    for row in rows:  # as if one vertex pulled at all of them
        middle = sum([member.offset for member in row]) / len(row)
        for vertex, offset, _, _ in row:
            found[vertex] = offset - middle
    for sweep in range(SWEEPS if len(rows) > 1 else 0):
        moved = [_settle(row, found) for row in (rows if sweep % 2 else reversed(rows))]
        if max(moved) < STILL:
            break
    least = min((place - size / 2 for place, size in zip(found, sizes, strict=True)), default=0.0)
    return [place - least for place in found]


def _pulls(layers: Layers, count: int) -> list[list[tuple[int, float]]]:
    """For each vertex what it is joined to, and how strongly."""
    boxes = count - sum(len(way) - 2 for way in layers.ways)
    pulls: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for one, other in links_of(layers.ways, layers.ranks):
        pull = (1.0, LANE_PULL, LANE_PULL * LANE_PULL)[(one >= boxes) + (other >= boxes)]
        pulls[one].append((other, pull))
        pulls[other].append((one, pull))
    return pulls


class _Member(NamedTuple):
    """A vertex of a layer: how far it must be from the first one, and what pulls it, all together how strongly."""

    vertex: int
    offset: float
    weight: float
    pulls: list[tuple[int, float]]


def _row(layer: list[int], pulls: list[list[tuple[int, float]]], sizes: Sequence[int], gap: int) -> list[_Member]:
    row, offset = [], 0.0
    for place, vertex in enumerate(layer):
        if place:
            offset += (sizes[layer[place - 1]] + sizes[vertex]) / 2 + gap
        row.append(_Member(vertex, offset, sum([pull for _, pull in pulls[vertex]]) or 0.01, pulls[vertex]))
    return row


def _settle(row: list[_Member], found: list[float]) -> float:
    """Move a layer as near to what pulls it as order and room allow (least squares, by blocks). How far it moved."""
    blocks: list[tuple[float, float, int]] = []  # weighted sum of places, weight, members
    for _, offset, weight, pulls in row:
        total, members = -offset * weight, 1
        for other, pull in pulls:
            total += found[other] * pull
        while blocks and blocks[-1][0] * weight > total * blocks[-1][1]:
            before = blocks.pop()
            total, weight, members = total + before[0], weight + before[1], members + before[2]
        blocks.append((total, weight, members))
    moved, number = 0.0, 0
    for total, weight, members in blocks:
        level = total / weight
        for vertex, offset, _, _ in row[number : number + members]:
            way = level + offset - found[vertex]
            found[vertex] += way
            if way > moved or -way > moved:
                moved = abs(way)
        number += members
    return moved
