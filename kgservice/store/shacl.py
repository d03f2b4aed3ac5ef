"""SHACL over canonical triples: the components that `ontology/shapes.ttl` uses, and an error for any other.

A write holds its term against the shapes in a fraction of a millisecond so; a general processor takes ten times that,
and seconds for a glossary. A test holds what is found here against pySHACL.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox

from kgservice.rdf.mapping import TYPE, Statements
from kgservice.rdf.ntriples import iri, iri_value, is_iri, parse_literal
from kgservice.rdf.vocabulary import RDF, RDFS, XSD

SH = "http://www.w3.org/ns/shacl#"
_SUBCLASS = iri(f"{RDFS}subClassOf")
_NUMBERS = {f"{XSD}integer": re.compile(r"[+-]?[0-9]+")}
"""The form of numbers by datatype: one that is malformed has no value and is not of its datatype."""


class Finding(NamedTuple):
    """What breaks a shape: the subject and the property (IRIs; a shape's own has none), and what is wrong with it."""

    node: str
    path: str
    message: str


class Graph:
    """Statements as constraints ask them."""

    def __init__(self, said: Statements) -> None:
        self.said = said
        self._above = _ancestors(said)

    def values(self, node: str, predicate: str) -> Sequence[str]:
        """The objects of a subject's property."""
        return self.said.get(node, {}).get(predicate, ())

    def classes(self, node: str) -> set[str]:
        """The classes that a node is of, those above its own included."""
        own = self.values(node, TYPE)
        return {*own}.union(*(self._above[one] for one in own if one in self._above)) if self._above else {*own}


def _ancestors(said: Statements) -> dict[str, set[str]]:
    """The classes above each class that the statements put below another."""
    parents = {node: set(about[_SUBCLASS]) for node, about in said.items() if _SUBCLASS in about}
    above: dict[str, set[str]] = {}
    for node, told in parents.items():
        found, waiting = set(told), list(told)
        while waiting:
            new = parents.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        above[node] = found
    return above


Constraint = Callable[[Graph, str, Sequence[str]], Iterator[str]]
"""What is wrong with the values of a node's property."""


class Shapes:
    """Shapes read from a Turtle file, each for the instances of one class. `ValueError` for what is not known here."""

    def __init__(self, path: Path) -> None:
        about: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            about[quad.subject][quad.predicate.value].append(quad.object)
        self._of_class: dict[str, list[tuple[str | None, Constraint]]] = defaultdict(list)
        for told in about.values():
            for target in told.pop(f"{SH}targetClass", ()):
                own = {name: objects for name, objects in told.items() if name != f"{SH}property"}
                parts = [(None, own), *((None, about[part]) for part in told.get(f"{SH}property", ()))]
                for _, part in parts:
                    self._of_class[str(target)] += _compiled(part, about)

    def findings(self, graph: Graph, nodes: Iterable[str]) -> Iterator[Finding]:
        """What in some of a graph's nodes (canonical text) breaks a shape."""
        for node in nodes:
            for class_ in sorted(graph.classes(node) & self._of_class.keys()):
                for path, constraint in self._of_class[class_]:
                    values = (node,) if path is None else graph.values(node, path)
                    for message in constraint(graph, node, values):
                        yield Finding(iri_value(node), iri_value(path) if path else "", message)


def _compiled(
    told: Mapping[str, list[Any]], about: Mapping[Any, Mapping[str, list[Any]]]
) -> Iterator[tuple[str | None, Constraint]]:
    """The constraints of one shape, each with the predicate whose values it looks at."""
    path = next((str(one) for one in told.get(f"{SH}path", ())), None)
    message = next((one.value for one in told.get(f"{SH}message", ())), None)
    for name, objects in told.items():
        if name in (f"{SH}path", f"{SH}message", f"{RDF}type"):
            continue
        make = _COMPONENTS.get(name.removeprefix(SH))
        if make is None:
            raise ValueError(f"shapes: <{name}> is not among the components that are known here")
        for told_value in objects:
            constraint = make(_list(told_value, about) if name == f"{SH}in" else told_value)
            yield path, constraint if message is None else _worded(constraint, message)


def _list(head: Any, about: Mapping[Any, Mapping[str, list[Any]]]) -> list[str]:
    """The members of an RDF list."""
    found = []
    while head != ox.NamedNode(f"{RDF}nil"):
        found.append(str(about[head][f"{RDF}first"][0]))
        head = about[head][f"{RDF}rest"][0]
    return found


def _worded(constraint: Constraint, message: str) -> Constraint:
    return lambda graph, node, values: (message for _ in constraint(graph, node, values))


# --- components ------------------------------------------------------------------------------------------------------


def _each(holds: Callable[[str], bool], wrong: str) -> Constraint:
    """A constraint of each value by itself."""
    return lambda _, __, values: (f"{_short(value)} {wrong}" for value in values if not holds(value))


def _short(value: str) -> str:
    return value if len(value) <= 100 else f"{value[:100]}…"


def _min_count(told: ox.Literal) -> Constraint:
    least = int(told.value)
    return lambda _, __, values: iter([f"has {len(values)} values, not at least {least}"] * (len(values) < least))


def _max_count(told: ox.Literal) -> Constraint:
    most = int(told.value)
    return lambda _, __, values: iter([f"has {len(values)} values, not at most {most}"] * (len(values) > most))


def _datatype(told: ox.NamedNode) -> Constraint:
    name = told.value
    form = _NUMBERS.get(name)

    def holds(value: str) -> bool:
        parsed = parse_literal(value)
        if parsed is None:
            return False
        if parsed.lang is not None:
            return name == f"{RDF}langString"
        return (parsed.datatype or f"{XSD}string") == name and (form is None or bool(form.fullmatch(parsed.value)))

    return _each(holds, f"is not of the datatype <{name}>")


def _node_kind(told: ox.NamedNode) -> Constraint:
    if told.value != f"{SH}IRI":
        raise ValueError(f"shapes: nodes of the kind <{told.value}> are not known here")
    return _each(is_iri, "is not an IRI")


def _class(told: ox.NamedNode) -> Constraint:
    wanted = str(told)
    return lambda graph, _, values: (
        f"{_short(value)} is not of the class {wanted}" for value in values if wanted not in graph.classes(value)
    )


def _text(value: str) -> str:
    parsed = parse_literal(value)
    return parsed.value if parsed else iri_value(value)


def _pattern(told: ox.Literal) -> Constraint:
    pattern = re.compile(told.value)
    return _each(lambda value: bool(pattern.search(_text(value))), f"does not match {told.value}")


def _max_length(told: ox.Literal) -> Constraint:
    most = int(told.value)
    return _each(lambda value: len(_text(value)) <= most, f"is longer than {most} characters")


def _min_inclusive(told: ox.Literal) -> Constraint:
    least = int(told.value)

    def holds(value: str) -> bool:
        parsed = parse_literal(value)
        form = _NUMBERS.get(parsed.datatype or "") if parsed else None
        return bool(parsed and form and form.fullmatch(parsed.value) and int(parsed.value) >= least)

    return _each(holds, f"is not a number from {least} on")


def _unique_lang(told: ox.Literal) -> Constraint:
    if told.value != "true":
        raise ValueError("shapes: uniqueLang says nothing unless it is true")

    def faults(_: Graph, __: str, values: Sequence[str]) -> Iterator[str]:
        tags = [parsed.lang for value in values if (parsed := parse_literal(value)) and parsed.lang]
        for tag in sorted({tag for tag in tags if tags.count(tag) > 1}):
            yield f"has more than one value in {tag}"

    return faults


def _disjoint(told: ox.NamedNode) -> Constraint:
    other = str(told)
    return lambda graph, node, values: (
        f"{_short(value)} is a value of {other}, too" for value in values if value in graph.values(node, other)
    )


def _in(told: list[str]) -> Constraint:
    return _each(set(told).__contains__, f"is not one of {', '.join(told)}")


_COMPONENTS: dict[str, Callable[[Any], Constraint]] = {
    "minCount": _min_count,
    "maxCount": _max_count,
    "datatype": _datatype,
    "nodeKind": _node_kind,
    "class": _class,
    "pattern": _pattern,
    "maxLength": _max_length,
    "minInclusive": _min_inclusive,
    "uniqueLang": _unique_lang,
    "disjoint": _disjoint,
    "in": _in,
}
