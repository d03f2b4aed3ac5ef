"""What the SPARQL endpoint can do and what it limits, in the vocabulary of SPARQL 1.1 Service Description."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from kgservice.model.limits import Limits
from kgservice.rdf.ntriples import Triple, iri, literal
from kgservice.rdf.vocabulary import ONTOLOGY, RDF, SCHEMA, SD, VOID, XSD

FORMATS = "http://www.w3.org/ns/formats/"

_RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "RDF_XML",
    "JSON-LD",
)


def service_triples(public_url: str, limits: Mapping[str, Limits]) -> set[Triple]:
    """The description of the endpoint at `{public_url}/sparql`: languages, formats, dataset, and limits by role."""
    endpoint = f"{public_url}/sparql"
    service, dataset, default, vocabulary = (f"{endpoint}#{part}" for part in ("service", "dataset", "terms", "ns"))
    said = [
        (service, f"{RDF}type", iri(f"{SD}Service")),
        (service, f"{SD}endpoint", iri(endpoint)),
        (service, f"{SD}supportedLanguage", iri(f"{SD}SPARQL10Query")),
        (service, f"{SD}supportedLanguage", iri(f"{SD}SPARQL11Query")),
        *((service, f"{SD}resultFormat", iri(FORMATS + name)) for name in _RESULT_FORMATS),
        (service, f"{SD}defaultDataset", iri(dataset)),
        (dataset, f"{RDF}type", iri(f"{SD}Dataset")),
        (dataset, f"{SD}defaultGraph", iri(default)),
        (default, f"{RDF}type", iri(f"{SD}Graph")),
        (default, f"{VOID}inDataset", iri(f"{public_url}/.well-known/void#dataset")),
        (dataset, f"{SD}namedGraph", iri(vocabulary)),
        (vocabulary, f"{RDF}type", iri(f"{SD}NamedGraph")),
        (vocabulary, f"{SD}name", iri(ONTOLOGY)),
        (vocabulary, f"{SD}graph", iri(f"{vocabulary}-graph")),
        (f"{vocabulary}-graph", f"{RDF}type", iri(f"{SD}Graph")),
        *_limits(service, limits),
    ]
    return {(iri(subject), iri(predicate), object_) for subject, predicate, object_ in said}


def _limits(service: str, limits: Mapping[str, Limits]) -> Iterator[tuple[str, str, str]]:
    for role, of_role in limits.items():
        for limit in fields(of_role):
            subject = f"{service.removesuffix('service')}limit-{role}-{limit.name.replace('_', '-')}"
            value = getattr(of_role, limit.name)
            whole = value == int(value)
            text, kind = (str(int(value)), "integer") if whole else (f"{value:f}", "decimal")
            yield service, f"{SCHEMA}additionalProperty", iri(subject)
            yield subject, f"{RDF}type", iri(f"{SCHEMA}PropertyValue")
            yield subject, f"{SCHEMA}propertyID", literal(limit.name)
            yield subject, f"{SCHEMA}name", literal(f"{limit.metadata['about']}, for the role {role}", "en")
            yield subject, f"{SCHEMA}value", literal(text, datatype=f"{XSD}{kind}")
