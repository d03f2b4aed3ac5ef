"""Linked data: the documents of terms, the vocabulary, the JSON-LD context, the dataset's description and dumps."""

import json
from collections.abc import Iterable

from flask import Response, request

from kgservice.api.context import public_url, service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import best_media_type
from kgservice.api.openapi import answers, content, redirects
from kgservice.api.parameters import SLUG_IN_PATH, choice_in_path
from kgservice.api.ready import ALWAYS_ASK, answer
from kgservice.config import packaged
from kgservice.errors import NotFound
from kgservice.rdf.ntriples import Triple
from kgservice.rdf.writing import WRITERS, context, to_turtle
from kgservice.services.linked_data import (
    DUMPS,
    by_resource,
    dataset_triples,
    dump_lines,
    get_triples,
    gzipped,
    skos_triples,
    slug_of,
)
from kgservice.store.refusals import NotAcceptable

blueprint = Blueprint("linked data", __name__, description="The glossary as RDF: names, vocabulary, dataset, dumps")

RDF_TYPES = {
    "ttl": "text/turtle; charset=utf-8",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}
"""The media type of each RDF form, by its suffix."""

A_DAY = "public, max-age=86400"
FOR_EVER = "public, max-age=31536000, immutable"


@blueprint.get("/id/<name>", parameters=[{**SLUG_IN_PATH, "name": "name"}])
@redirects("getId", 303, ("not-found", "gone"))
def get_id(name: str) -> Response:
    """The IRI of a term is not a document: it leads to the one about it."""
    response = Response(status=303)
    response.location = public_url(f"/terms/{slug_of(service().store, name)}")
    response.autocorrect_location_header = False
    response.headers["Cache-Control"] = A_DAY
    return response


def term_in_rdf(slug: str, form: str) -> Response:
    """A term's triples in a form of `RDF_TYPES`."""

    def build() -> Response:
        triples, glossary = get_triples(service().store, slug)
        return _written(triples, form, glossary.base)

    return answer(slug, (form,), build)


def _written(triples: set[Triple], form: str, base: str) -> Response:
    text = WRITERS[form](triples, base, public_url("/context/v1.jsonld"))
    return Response(text, content_type=RDF_TYPES[form])


@blueprint.get("/ns")
@answers("getVocabulary", content("text/turtle"), problems=("not-acceptable",), kept=False, headers=("Cache-Control",))
def get_vocabulary() -> Response:
    """The ontology, as its file has it."""
    if best_media_type(request.headers.get("Accept"), (("text/turtle", ""), ("text/html", ""))) is None:
        raise NotAcceptable("the vocabulary is text/turtle")
    response = Response((packaged("ontology") / "kg.ttl").read_bytes(), content_type=RDF_TYPES["ttl"])
    response.headers["Cache-Control"] = A_DAY
    return response


@blueprint.get("/context/v1.jsonld")
@answers("getContext", content("application/ld+json", {"type": "object"}), kept=False, headers=("Cache-Control",))
def get_context() -> Response:
    """The JSON-LD context of `.jsonld` documents and of `lang=*` answers. It never changes: a new one is `v2`."""
    response = Response(json.dumps(context(), indent=1), content_type="application/ld+json")
    response.headers["Cache-Control"] = FOR_EVER
    return response


@blueprint.get("/.well-known/void")
@answers("getDataset", content("text/turtle"))
def get_dataset() -> Response:
    """What this dataset is, where it can be asked, and what can be taken (VoID and DCAT)."""

    def build() -> Response:
        store = service().store
        triples = dataset_triples(store, service().settings.public_url)
        return Response(to_turtle(triples, store.glossary().base, ""), content_type=RDF_TYPES["ttl"])

    return answer(None, ("void",), build)


_NAMES = [*DUMPS, *(f"{name}.gz" for name in DUMPS)]


@blueprint.get("/dumps/<name>", parameters=[choice_in_path("name", _NAMES, "What is taken, and in which form.")])
@answers(
    "getDump",
    content("application/n-triples"),
    content("text/turtle"),
    content("application/ld+json", {"type": "object"}),
    content("application/gzip", {"type": "string", "format": "binary"}),
    problems=("not-found",),
    headers=("KG-Seq",),
)
def get_dump(name: str) -> Response:
    """The whole graph, or its plain SKOS profile, as a file; `KG-Seq` is the sequence that it is of."""
    plain = name.removesuffix(".gz")
    if plain not in DUMPS:
        raise NotFound(f"there is no dump {name!r}; there are {', '.join(DUMPS)}, each also with .gz")

    def build() -> Response:
        seq, pieces = _dump(plain)
        media_type = RDF_TYPES[plain.rpartition(".")[2]]
        response = Response(pieces if plain == name else gzipped(pieces), content_type=media_type)
        if plain != name:
            response.content_type = "application/gzip"
        response.headers["KG-Seq"] = str(seq)
        return response

    return answer(None, ("dump", name), build, cache_control=ALWAYS_ASK)


def _dump(name: str) -> tuple[int, Iterable[str]]:
    """The sequence of a dump and its text, in pieces."""
    store = service().store
    subject, _, form = name.partition(".")
    if subject == "skos":
        seq, triples = skos_triples(store)
        return seq, [WRITERS[form](triples, "", "")]
    seq, blocks = dump_lines(store)
    if form == "nt":
        return seq, blocks
    return seq, by_resource(blocks, form, store.glossary().base, public_url("/context/v1.jsonld"))
