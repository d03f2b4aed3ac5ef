"""The graph as documents: a term's triples, the whole glossary, and what the dataset is."""

import json
import zlib
from collections.abc import Iterable, Iterator

from kgservice.errors import NotFound, Unusable
from kgservice.model.glossary import Glossary
from kgservice.rdf.mapping import TITLE
from kgservice.rdf.ntriples import Triple, iri, iri_value, literal, parse_line
from kgservice.rdf.vocabulary import DCAT, DCTERMS, KG, PREFIXES, RDF, SKOS, VOID, XSD
from kgservice.rdf.writing import jsonld_nodes, skos_profile, turtle_head, turtle_resources
from kgservice.services.history import current_slug
from kgservice.store import log, mirror, reading
from kgservice.store.graph_reader import read_glossary
from kgservice.store.store import Store

DUMPS = {
    "glossary.nt": ("the whole graph as N-Triples", "application/n-triples"),
    "glossary.ttl": ("the whole graph as Turtle", "text/turtle"),
    "glossary.jsonld": ("the whole graph as JSON-LD", "application/ld+json"),
    "skos.nt": ("plain SKOS as N-Triples", "application/n-triples"),
}
"""What can be taken: the name of each dump, what it is, and its media type. Each is there gzipped, too."""

_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


def get_triples(store: Store, slug: str) -> tuple[set[Triple], Glossary]:
    """What the graph says of a term and its own resources; `NotFound` if there is none with that slug."""
    with store.read() as connection:
        triples = reading.term_triples(connection, slug)
        glossary = read_glossary(connection)
    if triples is None or glossary is None:
        raise NotFound(f"there is no term {slug!r}")
    return triples, glossary


def slug_of(store: Store, name: str) -> str:
    """The present slug of the term that was made under a name (`{base}id/{name}`); `NotFound` if there is none.

    `Gone` if it was removed.
    """
    home = store.glossary().term_iri(name)
    with store.read() as connection:
        slug = reading.slug_of_home(connection, home)
    if slug is None:
        current_slug(store, name)  # raises `Gone`
        raise NotFound(f"no term was ever made as {name!r}")
    return slug


def dump_lines(store: Store) -> tuple[int, Iterator[str]]:
    """The sequence of the whole graph, and its canonical N-Triples, a resource at a time."""

    def lines() -> Iterator[str]:
        with store.read() as connection:
            yield str(log.head(connection).seq)
            yield from mirror.all_lines(connection)

    blocks = lines()
    return int(next(blocks)), blocks  # both from one state of the database


def by_resource(blocks: Iterable[str], form: str, base: str, context: str) -> Iterator[str]:
    """The graph as Turtle or JSON-LD, written a resource at a time, so that memory does not grow with the graph."""
    resources = ([parse_line(text) for text in block.split("\n") if text] for block in blocks)
    if form == "ttl":
        prefixes = {**PREFIXES, "id": f"{base}id/"}
        yield turtle_head(prefixes)
        for triples in resources:
            yield turtle_resources(triples, prefixes)
    else:
        between = f'{{"@context": {json.dumps(context)}, "@graph": [\n'
        for triples in resources:
            for node in jsonld_nodes(triples):
                yield between + json.dumps(node, ensure_ascii=False)
                between = ",\n"
        yield "\n]}\n"


def gzipped(pieces: Iterable[str]) -> Iterator[bytes]:
    """The text gzipped as it comes; the same text gives the same bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece.encode())
    yield packer.flush()


def skos_triples(store: Store) -> tuple[int, set[Triple]]:
    """The sequence of the graph, and its plain SKOS profile."""
    seq, blocks = dump_lines(store)
    triples = {parse_line(text) for block in blocks for text in block.split("\n") if text}
    return seq, skos_profile(triples, store.glossary().iri)


def dataset_triples(store: Store, public_url: str) -> set[Triple]:
    """The description of the dataset by VoID and DCAT: what it is, where it can be asked, and what can be taken."""
    glossary = store.glossary()
    seq, blocks = dump_lines(store)
    count = sum(block.count("\n") for block in blocks)
    with store.read() as connection:
        example = next(iter(reading.term_list(connection, "", 1, reading.ALL)), None)
        row = next(log.changesets(connection, seq - 1), None)
    if row is None:
        raise Unusable("the log has no change")
    subject = iri(f"{public_url}/.well-known/void#dataset")
    about: list[tuple[str, str]] = [
        (f"{RDF}type", iri(f"{VOID}Dataset")),
        (f"{RDF}type", iri(f"{DCAT}Dataset")),
        (f"{VOID}sparqlEndpoint", iri(f"{public_url}/sparql")),
        (f"{VOID}uriSpace", literal(f"{glossary.base}id/")),
        (f"{VOID}vocabulary", iri(SKOS)),
        (f"{VOID}vocabulary", iri(KG)),
        (f"{VOID}triples", literal(str(count), datatype=f"{XSD}integer")),
        (f"{DCTERMS}modified", literal(row.time, datatype=f"{XSD}dateTime")),
        (f"{DCTERMS}subject", iri(glossary.iri)),
        *((iri_value(TITLE), literal(title, lang)) for lang, title in glossary.title.items()),
        *((f"{DCTERMS}language", literal(lang)) for lang in glossary.languages),
    ]
    if glossary.licence:
        about.append((f"{DCTERMS}license", iri(glossary.licence)))
    if example:
        about.append((f"{VOID}exampleResource", iri(example.iri)))
    triples = {(subject, iri(predicate), object_) for predicate, object_ in about}
    for name, (title, media_type) in DUMPS.items():
        address = iri(f"{public_url}/dumps/{name}")
        packed = iri(f"{public_url}/dumps/{name}.gz")
        triples |= {
            (subject, iri(f"{VOID}dataDump"), address),
            (subject, iri(f"{DCAT}distribution"), address),
            (address, iri(f"{RDF}type"), iri(f"{DCAT}Distribution")),
            (address, iri(f"{DCAT}downloadURL"), address),
            (
                address,
                iri(f"{DCAT}mediaType"),
                iri(f"{_MEDIA_TYPES}{media_type}"),
            ),
            (address, TITLE, literal(title, "en")),
            (subject, iri(f"{VOID}dataDump"), packed),
            (subject, iri(f"{DCAT}distribution"), packed),
            (packed, iri(f"{RDF}type"), iri(f"{DCAT}Distribution")),
            (packed, iri(f"{DCAT}downloadURL"), packed),
            (packed, iri(f"{DCAT}mediaType"), iri(f"{_MEDIA_TYPES}{media_type}")),
            (packed, iri(f"{DCAT}compressFormat"), iri(f"{_MEDIA_TYPES}application/gzip")),
            (packed, TITLE, literal(f"{title}, gzipped", "en")),
        }
    return triples
