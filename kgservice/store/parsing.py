"""Reading foreign RDF, inside a worker process: bytes in, canonical N-Triples out.

Blank nodes become IRIs by a canonical hash of what is said of them, so that reading a file twice gives the same
triples. Literals are brought to the form that the engine would give them, and language tags to their canonical case.
"""

import hashlib
import io
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kgservice.model.languages import canonical_tag
from kgservice.rdf import ntriples
from kgservice.store import sandbox
from kgservice.store.screening import Refused, Screened

PARSE_MEMORY = 4 * 1024 * 1024 * 1024
"""Address space for reading one file, in bytes."""

COMPONENT_MAX = 20_000
"""Triples that blank nodes may connect: a list of 10,000 items. More are refused as soon as they were read."""

CANONICAL_MAX = 5_000_000
"""What telling the blank nodes of a file apart may cost, in steps of about a tenth of a microsecond (see `_cost`): half
a second. A list of 170 blank nodes that say the same takes all of it, any number of nodes that differ nothing."""

FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}

_PLAIN = {f"{ntriples.XSD}string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}


def parse(path: Path, format: str, base: str) -> tuple[dict[str, Any], bytes]:
    """The answer of a worker: counts and problems in the header, lines of canonical N-Triples in the body.

    `SyntaxError` tells line and column of what cannot be read. Of the text no more is held than the engine does.
    """
    sandbox.limit_memory(PARSE_MEMORY)
    quads = _read(path, format, base)
    named = {str(quad.graph_name) for quad in quads if not isinstance(quad.graph_name, ox.DefaultGraph)}
    if named:
        raise SyntaxError(f"the file has named graphs ({', '.join(sorted(named)[:3])}); a glossary has one graph")
    return _Canonical(base).answer(quads)


def _read(path: Path, format: str, base: str) -> set[ox.Quad]:
    """All quads of a file. Where the engine tells no line of an error, or not what to do, that is added."""
    file = (_Lines if format == "rdf" else io.BufferedReader)(Screened(path, format))
    try:
        return _bounded(ox.parse(file, format=FORMATS[format], base_iri=base))
    except Refused:
        raise
    except MemoryError as error:  # of the engine, which has a bound of its own
        raise SyntaxError(f"a name or a number is too long: {error}") from None
    except SyntaxError as error:
        if "LoadDocumentCallback" in str(error):
            raise SyntaxError("it names a @context elsewhere, which is not read; write the context out here") from None
        line = getattr(file, "line", None)
        raise SyntaxError(f"line {line}: {str(error)[:500]}" if line else str(error)) from None


class _Lines(io.BufferedReader):
    """A file that gives a line at a time, so that it is known which one a reader has reached."""

    line = 0
    _ended = True

    def read(self, size: int | None = -1, /) -> bytes:
        piece = self.readline(size)
        self.line += self._ended and bool(piece)
        self._ended = piece.endswith(b"\n")
        return piece


def _bounded(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    """The quads, refused as soon as blank nodes connect more of them than they may."""
    found: set[ox.Quad] = set()
    groups = _Groups()
    for quad in quads:
        if quad not in found:
            found.add(quad)
            if groups.add(quad) > COMPONENT_MAX:
                place = _place([one for one in found if groups.of(one) == groups.of(quad)])
                told = f"hang together in over {COMPONENT_MAX} triples; give some of them IRIs"
                raise Refused(f"blank nodes {place} {told}")
    return found


class _Canonical:
    """Brings quads to canonical lines, counting what it changes."""

    def __init__(self, base: str) -> None:
        self.genid = f"{base}.well-known/genid/"
        self.problems: list[str] = []
        self.rewritten = 0
        self.skolemised = 0

    def answer(self, quads: set[ox.Quad]) -> tuple[dict[str, Any], bytes]:
        ground, components = _components(self.through_the_engine(quads))
        lines = {line for quad in ground if (line := self.line(quad, ""))}
        _require_distinct(components)
        for component in components:
            lines |= self.skolem_lines(component)
        header = {"skolemised": self.skolemised, "rewritten": self.rewritten, "problems": self.problems}
        return {"ok": True, **header}, "".join(f"{line}\n" for line in sorted(lines)).encode()

    def through_the_engine(self, quads: set[ox.Quad]) -> set[ox.Quad]:
        """The quads as a store gives them back: numbers, dates and some datatypes are rewritten there."""
        typed = {q for q in quads if isinstance(q.object, ox.Literal) and q.object.datatype.value not in _PLAIN}
        store = ox.Store()
        store.extend(typed)
        kept = set(store)
        self.rewritten = len(typed - kept)
        return (quads - typed) | kept

    def skolem_lines(self, component: list[ox.Quad]) -> set[str]:
        """The lines of quads that blank nodes connect: a node's name is the digest of all and its place there."""
        dataset = ox.Dataset(component)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        quads = list(dataset)
        self.skolemised += len(
            {t for quad in quads for t in (quad.subject, quad.object) if isinstance(t, ox.BlankNode)}
        )
        digest = hashlib.sha256("\n".join(sorted(map(str, quads))).encode()).hexdigest()[:32]
        return {line for quad in quads if (line := self.line(quad, f"{self.genid}{digest}-"))}

    def line(self, quad: ox.Quad, blank: str) -> str | None:
        terms = [self.term(term, blank) for term in (quad.subject, quad.predicate, quad.object)]
        if None in terms:
            self.problems.append(
                f"left out, since its language tag is malformed: {quad.subject} {quad.predicate} {quad.object}"
            )
            return None
        return f"{terms[0]} {terms[1]} {terms[2]} ."

    def term(self, term: object, blank: str) -> str | None:
        if isinstance(term, ox.BlankNode):
            return ntriples.iri(f"{blank}{term.value}")
        if isinstance(term, ox.NamedNode):
            return ntriples.iri(term.value)
        if not isinstance(term, ox.Literal):
            raise SyntaxError("the file has triple terms (RDF 1.2), which a glossary does not keep")  # noqa: TRY004 - of the file
        if not term.language:
            return ntriples.literal(term.value, datatype=term.datatype.value)
        tag = canonical_tag(term.language)
        if tag is None:
            return None
        self.rewritten += tag.lower() != term.language  # the case alone is the engine's, not the file's
        return ntriples.literal(term.value, tag)


def _require_distinct(components: list[list[ox.Quad]]) -> None:
    """`SyntaxError` names the blank nodes that are too many, or cannot be told apart in the time there is."""
    spent = 0.0
    for component in components:
        spent += _cost(component)
        if spent > CANONICAL_MAX:
            raise SyntaxError(f"blank nodes {_place(component)} are too much alike to be told apart; give them IRIs")


def _place(component: list[ox.Quad]) -> str:
    """Where blank nodes are, which have neither names nor lines: near an IRI, else what links them."""
    near = [end.value for quad in component for end in (quad.subject, quad.object) if isinstance(end, ox.NamedNode)]
    return f"near <{min(near)}>" if near else f"with {min(str(quad.predicate) for quad in component)}"


def _cost(component: list[ox.Quad]) -> float:
    """About how many steps it takes to canonicalize what blank nodes connect.

    Nodes of which different things are said cost next to nothing. Alike ones that are linked are compared along all
    ways through them, in each order that alike neighbours may have.
    """
    said: dict[ox.BlankNode, list[tuple[str, str, str]]] = defaultdict(list)
    linked: dict[ox.BlankNode, list[tuple[str, str, ox.BlankNode]]] = defaultdict(list)
    for quad in component:
        for way, node, other in (("to", quad.subject, quad.object), ("from", quad.object, quad.subject)):
            if isinstance(node, ox.BlankNode):
                said[node].append((way, quad.predicate.value, "" if isinstance(other, ox.BlankNode) else str(other)))
                if isinstance(other, ox.BlankNode):
                    linked[node].append((way, quad.predicate.value, other))
    if len(said) < 2:
        return 0
    numbers: dict[tuple[tuple[str, str, str], ...], int] = {}
    kinds = {node: numbers.setdefault(tuple(sorted(what)), len(numbers)) for node, what in said.items()}
    counts = Counter(kinds.values())
    alike = {node for node, kind in kinds.items() if counts[kind] > 1}
    among = {q for q in component if q.subject in alike and q.object in alike}
    total = 0.0
    for part in _components(among)[1]:
        ends = (end for quad in part for end in (quad.subject, quad.object))
        nodes = {end for end in ends if isinstance(end, ox.BlankNode)}
        orders = 0.0
        for node in nodes:
            same = Counter((way, name, kinds[other]) for way, name, other in linked[node] if other in alike)
            orders += sum(math.lgamma(count + 1) for count in same.values())
        total += math.exp(min(3 * math.log(len(nodes)) + orders, 100))
    return total


class _Groups:
    """Which blank nodes hang together, as quads come in: a forest of their labels, and the quads that each tree has."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self._sizes: Counter[str] = Counter()

    def add(self, quad: ox.Quad) -> int:
        """Take a quad in. How many hang together with it now; none if it has no blank node."""
        subject, object_ = quad.subject, quad.object
        if not isinstance(subject, ox.BlankNode):
            if not isinstance(object_, ox.BlankNode):
                return 0
            subject = object_
        one = other = self._root(subject.value)
        if isinstance(object_, ox.BlankNode):
            other = self._root(object_.value)
        if one != other:
            if self._sizes[one] > self._sizes[other]:
                one, other = other, one
            self._parents[one] = other
            self._sizes[other] += self._sizes.pop(one, 0)
        self._sizes[other] += 1
        return self._sizes[other]

    def of(self, quad: ox.Quad) -> str | None:
        """The name of the group that a quad is in; None if it has no blank node."""
        blank = next((end for end in (quad.subject, quad.object) if isinstance(end, ox.BlankNode)), None)
        return self._root(blank.value) if blank else None

    def _root(self, label: str) -> str:
        parents = self._parents
        while (parent := parents.setdefault(label, label)) != label:
            parents[label] = label = parents[parent]
        return label


def _components(quads: set[ox.Quad]) -> tuple[list[ox.Quad], list[list[ox.Quad]]]:
    """The quads without blank nodes, and the others in groups that share none."""
    groups = _Groups()
    blank = [quad for quad in quads if groups.add(quad)]
    found: dict[str | None, list[ox.Quad]] = defaultdict(list)
    for quad in blank:
        found[groups.of(quad)].append(quad)
    return list(quads.difference(blank)), list(found.values())
