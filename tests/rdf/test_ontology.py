"""The ontology declares every IRI of ours that is used anywhere, and nothing used is missing from the standards."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, OWL, PROV, RDF, RDFS, SKOS, Graph, URIRef

from kgservice.config import packaged
from kgservice.rdf import mapping, vocabulary
from kgservice.rdf.vocabulary import KG, ONTOLOGY, SCHEMA
from tests.conftest import BASE

ROOT = Path(__file__).parents[2]
ONTOLOGY_GRAPH = Graph().parse(packaged("ontology") / "kg.ttl")
DECLARED = {str(subject) for subject in ONTOLOGY_GRAPH.subjects() if str(subject).startswith(KG)}

# What we use of schema.org; rdflib's namespace of it is that of the http address.
SCHEMA_NAMES = {
    "DefinedTerm",
    "DefinedTermSet",
    "Question",
    "Answer",
    "CreativeWork",
    "LearningResource",
    "text",
    "url",
}
SCHEMA_NAMES |= {"position", "subjectOf", "suggestedAnswer", "acceptedAnswer", "creditText"}
STANDARDS = {str(SKOS): SKOS, str(DCTERMS): DCTERMS, str(PROV): PROV, str(RDF): RDF, str(RDFS): RDFS, str(OWL): OWL}


def _iris_of_mapping() -> set[str]:
    text = (ROOT / "kgservice/rdf/mapping.py").read_text(encoding="utf-8")
    names = re.findall(r'f"\{(\w+)\}(\w+)"', text)
    assert len(names) > 40
    return {vocabulary.__dict__[prefix] + local for prefix, local in names}


def _iris_of(path: Path) -> set[str]:
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=BASE))
    terms = {term.value for q in quads for term in (q.predicate, q.object, q.subject) if isinstance(term, ox.NamedNode)}
    return {term for term in terms if not term.startswith(BASE)}


def _used() -> dict[str, set[str]]:
    files = [*packaged("ontology").glob("*.ttl"), *packaged("seed_data").rglob("*.ttl")]
    assert len(files) >= 15
    return {"mapping.py": _iris_of_mapping(), **{str(file): _iris_of(file) for file in files}}


@pytest.mark.parametrize(("where", "iris"), _used().items())
def test_every_iri_is_declared(where: str, iris: set[str]) -> None:
    unknown = {iri for iri in iris if iri.startswith(KG) and iri not in DECLARED}
    unknown |= {iri for iri in iris if iri.startswith(SCHEMA) and iri.removeprefix(SCHEMA) not in SCHEMA_NAMES}
    for prefix, namespace in STANDARDS.items():
        unknown |= {iri for iri in iris if iri.startswith(prefix) and URIRef(iri) not in namespace and iri != prefix}
    assert not unknown, where


def test_every_name_of_ours_is_labelled_and_explained_in_the_readme() -> None:
    readme = (packaged("ontology") / "README.md").read_text(encoding="utf-8")
    for name in DECLARED:
        assert any(ONTOLOGY_GRAPH.objects(URIRef(name), RDFS.label)) or any(
            ONTOLOGY_GRAPH.objects(URIRef(name), SKOS.prefLabel)
        ), name
        assert f"kg:{name.removeprefix(KG)}" in readme, name


def test_the_examples_of_the_readme_are_turtle() -> None:
    readme = (packaged("ontology") / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```turtle\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) > 5
    for block in blocks:
        assert list(ox.parse(block, format=ox.RdfFormat.TURTLE))
        names = set(re.findall(r"\bkg:(\w+)", block))
        assert {KG + name for name in names} <= DECLARED


def test_own_properties_are_below_standard_ones_where_there_are_any() -> None:
    assert (URIRef(f"{KG}abbreviation"), RDFS.subPropertyOf, SKOS.altLabel) in ONTOLOGY_GRAPH
    assert (URIRef(f"{KG}prerequisite"), RDFS.subPropertyOf, DCTERMS.requires) in ONTOLOGY_GRAPH
    assert (URIRef(f"{KG}prerequisite"), RDFS.subPropertyOf, SKOS.related) not in ONTOLOGY_GRAPH
    assert (URIRef(ONTOLOGY), RDF.type, OWL.Ontology) in ONTOLOGY_GRAPH


def test_statuses_of_the_model_are_the_individuals_of_the_ontology() -> None:
    stated = {str(subject) for subject in ONTOLOGY_GRAPH.subjects(RDF.type, URIRef(f"{KG}Status"))}
    assert {iri[1:-1] for iri in mapping.STATUS_IRIS.values()} == stated
