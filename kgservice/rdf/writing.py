"""Canonical triples in the RDF syntaxes that people and programs ask for: RDF 1.1, with tags in canonical case."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from kgservice.config import packaged
from kgservice.errors import Unavailable
from kgservice.rdf.mapping import MEMBER, TITLE, TYPE, by_subject
from kgservice.rdf.ntriples import Triple, iri_value, is_iri, line, parse_literal
from kgservice.rdf.vocabulary import PREFIXES, SKOS


def to_ntriples(triples: Iterable[Triple], _base: str, _context: str) -> str:
    """N-Triples in canonical form and order."""
    return "".join(f"{text}\n" for text in sorted(map(line, triples)))


def to_turtle(triples: Iterable[Triple], base: str, _context: str) -> str:
    """Turtle with the prefixes of the vocabularies, and `id:` for terms made here."""
    return _by_rdflib(triples, base, "turtle")


def to_rdfxml(triples: Iterable[Triple], base: str, _context: str) -> str:
    """RDF/XML. `Unavailable` where a property has no XML name or a text a character that XML has not."""
    try:
        return _by_rdflib(triples, base, "xml")
    except ValueError as error:
        raise Unavailable(f"this cannot be written as RDF/XML: {error}") from error


def _by_rdflib(triples: Iterable[Triple], base: str, format: str) -> str:
    import rdflib  # heavy, and only these two syntaxes need it

    rdflib.NORMALIZE_LITERALS = False
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in {**PREFIXES, "id": f"{base}id/"}.items():
        graph.bind(prefix, namespace)
    graph.parse(data=to_ntriples(triples, base, ""), format="nt")
    return graph.serialize(format=format)


_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def turtle_head(prefixes: Mapping[str, str]) -> str:
    """The declarations that `turtle_resources` relies on."""
    return "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in prefixes.items()) + "\n"


def turtle_resources(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> str:
    """Turtle of the resources, for documents too large to hold; by subject, predicate and object."""

    def short(term: str) -> str:
        if not is_iri(term):
            return term
        for name, namespace in prefixes.items():
            if term.startswith(namespace, 1) and _LOCAL.fullmatch(term, len(namespace) + 1, len(term) - 1):
                return f"{name}:{term[len(namespace) + 1 : -1]}"
        return term

    told = []
    for subject, said in by_subject(triples).items():
        pairs = (f"{short(predicate)} {', '.join(map(short, objects))}" for predicate, objects in said.items())
        told.append(short(subject) + " " + " ;\n    ".join(pairs) + " .\n\n")
    return "".join(told)


# --- JSON-LD ---------------------------------------------------------------------------------------------------------


def context() -> dict[str, Any]:
    """The JSON-LD context that `/context/v1.jsonld` serves."""
    loaded: dict[str, Any] = json.loads((packaged("ontology") / "context.jsonld").read_text(encoding="utf-8"))
    return loaded


@cache
def _keys() -> dict[str, tuple[str, dict[str, Any]]]:
    """The key and its definition for each predicate that the context has one for."""
    terms = context()["@context"]
    prefixes = {name: value for name, value in terms.items() if isinstance(value, str) and value.startswith("http")}

    def expand(name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"<{prefixes[prefix]}{local}>"

    keys = {}
    for key, value in terms.items():
        definition = {"@id": value} if isinstance(value, str) else value
        name = definition.get("@id", "") if isinstance(definition, dict) else ""
        if key not in prefixes and ":" in name:
            keys[expand(name)] = (key, definition)
    return keys


_STRING_KEYS = frozenset(("slug", "notations"))
"""Keys whose values are strings without a language."""


def to_jsonld(triples: Iterable[Triple], _base: str, context_iri: str) -> str:
    """JSON-LD through the context (in place, if it has no address): an object for each subject, keyed as in JSON."""
    told = context_iri or context()["@context"]
    nodes = list(jsonld_nodes(triples))
    return json.dumps({"@context": told, "@graph": nodes}, ensure_ascii=False, indent=1) + "\n"


def jsonld_nodes(triples: Iterable[Triple]) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-LD document, one for each subject."""
    keys = _keys()
    for subject, said in by_subject(triples).items():
        node: dict[str, Any] = {"iri": iri_value(subject)}
        for predicate, objects in said.items():
            _add(node, predicate, objects, keys)
        yield node


def _add(node: dict[str, Any], predicate: str, objects: list[str], keys: dict[str, tuple[str, dict[str, Any]]]) -> None:
    if predicate == TYPE and all(map(is_iri, objects)):
        node["type"] = [iri_value(object_) for object_ in objects]
        return
    key, definition = keys.get(predicate, ("", {}))
    for object_ in objects:
        parsed = parse_literal(object_)
        if parsed is None and definition.get("@type") == "@id":
            node.setdefault(key, []).append(iri_value(object_))
        elif parsed and parsed.lang and "@language" in definition.get("@container", ""):
            node.setdefault(key, {}).setdefault(parsed.lang, []).append(parsed.value)
        elif key in _STRING_KEYS and parsed and parsed.lang is None and parsed.datatype is None:
            node.setdefault(key, []).append(parsed.value)
        else:
            node.setdefault(iri_value(predicate), []).append(_value(object_))


def _value(object_: str) -> dict[str, str]:
    parsed = parse_literal(object_)
    if parsed is None:
        return {"@id": iri_value(object_)}
    value = {"@value": parsed.value}
    if parsed.lang:
        value["@language"] = parsed.lang
    elif parsed.datatype:
        value["@type"] = parsed.datatype
    return value


WRITERS: dict[str, Callable[[Iterable[Triple], str, str], str]] = {
    "ttl": to_turtle,
    "jsonld": to_jsonld,
    "nt": to_ntriples,
    "rdf": to_rdfxml,
}

# --- the plain SKOS profile ------------------------------------------------------------------------------------------

_SKOS_CLASSES = {f"<{SKOS}Concept>", f"<{SKOS}ConceptScheme>", f"<{SKOS}Collection>"}
_PLAIN = {f"<http://purl.org/dc/terms/{name}>" for name in ("title", "license", "created", "modified", "isReplacedBy")}
_PLAIN.add("<http://www.w3.org/2002/07/owl#deprecated>")


def skos_profile(triples: Iterable[Triple], scheme: str) -> set[Triple]:
    """What any SKOS tool reads: the concepts of the one scheme and the topics, in SKOS's own terms.

    Concepts without a broader one are the scheme's top concepts, as SKOS readers expect.
    """
    said = by_subject(triples)
    kinds = {subject: set(about.get(TYPE, ())) & _SKOS_CLASSES for subject, about in said.items()}
    scheme_term = f"<{scheme}>"
    kept: set[Triple] = set()
    for subject, about in said.items():
        if not kinds[subject] or (f"<{SKOS}ConceptScheme>" in kinds[subject] and subject != scheme_term):
            continue
        for predicate, objects in about.items():
            kept |= {(subject, predicate, o) for o in objects if _is_plain(predicate, o, scheme_term)}
        if f"<{SKOS}Concept>" in kinds[subject] and f"<{SKOS}broader>" not in about:
            kept.add((subject, f"<{SKOS}topConceptOf>", scheme_term))
            kept.add((scheme_term, f"<{SKOS}hasTopConcept>", subject))
    titles = said.get(scheme_term, {}).get(TITLE, ())  # SKOS tools look for labels
    return kept | {(scheme_term, f"<{SKOS}prefLabel>", title) for title in titles}


def _is_plain(predicate: str, object_: str, scheme: str) -> bool:
    if predicate == TYPE:
        return object_ in _SKOS_CLASSES
    if predicate in (f"<{SKOS}inScheme>", f"<{SKOS}topConceptOf>", f"<{SKOS}hasTopConcept>"):
        return predicate == f"<{SKOS}inScheme>" and object_ == scheme
    return predicate in _PLAIN or predicate == MEMBER or predicate.startswith(f"<{SKOS}")
