"""Nothing goes out: a listener counts connections while queries and files try to have the service make some."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kgservice.errors import KgError
from kgservice.services.importing import import_files
from kgservice.store.store import Store


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listener on loopback that must not be reached."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        server.settimeout(0)
        yield server


def connections(listener: socket.socket) -> int:
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


def queries(url: str) -> Iterator[str]:
    """Query texts that would go out where nothing holds them back."""
    for word in ("SERVICE", "SERVICE SILENT", "service", "SeRvIcE sIlEnT", "\\u0053ERVICE", "S\\u0045RVICE"):
        yield f"SELECT * {{ {word} <{url}> {{ ?s ?p ?o }} }}"
        yield f"ASK {{ {{ SELECT * {{ {word} <{url}> {{ ?s ?p ?o }} }} }} }}"
    yield f"SELECT * {{ BIND(<{url}> AS ?x) SERVICE ?x {{ ?s ?p ?o }} }}"
    yield f"SELECT * {{ VALUES ?x {{ <{url}> }} SERVICE SILENT ?x {{ ?s ?p ?o }} }}"
    yield f"PREFIX service: <{url}> SELECT * {{ SERVICE service: {{ ?s ?p ?o }} }}"
    yield f"BASE <{url}> SELECT * {{ SERVICE <> {{ ?s ?p ?o }} }}"
    yield f"SELECT * {{ ?s ?p ?o MINUS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}"
    yield f"SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}"
    yield f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"
    yield f"SELECT * FROM <{url}> {{ ?s ?p ?o }}"
    yield f"SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    yield f"SELECT * {{ GRAPH <{url}> {{ ?s ?p ?o }} }}"
    yield f"DESCRIBE <{url}>"
    yield f"SELECT (<{url}>(1) AS ?x) {{}}"
    yield from (
        f"LOAD <{url}>",
        f"LOAD SILENT <{url}> INTO GRAPH <{url}>",
        f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        f"COPY <{url}> TO DEFAULT",
    )


def requests(url: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Requests of all kinds: method, path, form."""
    for text in queries(url):
        yield "GET", f"/sparql?query={quote(text)}&format=json", {}
        yield "POST", "/sparql", {"query": text}
        yield "POST", "/sparql", {"update": text}
    for name in ("default-graph-uri", "named-graph-uri", "using-graph-uri", "service", "endpoint", "url"):
        yield "GET", f"/sparql?query=SELECT*%7B?s%20?p%20?o%7DLIMIT%201&{name}={quote(url)}", {}
        yield "GET", f"/sparql?query=SELECT*%7BGRAPH%20?g%7B?s%20?p%20?o%7D%7D&{name}={quote(url)}", {}


def files(url: str) -> Iterator[tuple[str, str]]:
    """Names and texts of files to import that name the listener."""
    yield "context.jsonld", f'{{"@context": "{url}", "@id": "a:b", "a:p": "x"}}'
    yield "contexts.jsonld", f'{{"@context": [{{"x": "a:x"}}, "{url}"], "@id": "a:b", "x": "y"}}'
    yield "imported.jsonld", f'{{"@context": {{"@version": 1.1, "@import": "{url}"}}, "@id": "a:b", "a:p": "x"}}'
    yield "inner.jsonld", f'{{"@id": "a:b", "a:p": {{"@context": "{url}", "x": 1}}}}'
    head = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    body = f'{head}<rdf:Description rdf:about="a:b"><rdf:value>&x;</rdf:value></rdf:Description></rdf:RDF>'
    yield "entity.rdf", f'<!DOCTYPE r [<!ENTITY x SYSTEM "{url}">]>{body}'
    yield "parameter.rdf", f'<!DOCTYPE r [<!ENTITY % p SYSTEM "{url}"> %p;]>{body.replace("&x;", "")}'
    yield "doctype.rdf", f'<!DOCTYPE r SYSTEM "{url}">{body.replace("&x;", "")}'
    yield "public.rdf", f'<!DOCTYPE r PUBLIC "-//x" "{url}">{body.replace("&x;", "")}'
    yield "style.rdf", f'<?xml-stylesheet href="{url}"?>{body.replace("&x;", "")}'
    included = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{url}"/>'
    yield "included.rdf", body.replace("&x;", included)
    owl = f"<a:b> <http://www.w3.org/2002/07/owl#imports> <{url}> ; a <http://www.w3.org/2002/07/owl#Ontology> .\n"
    yield "imports.ttl", owl
    yield "imports.nt", f"<a:b> <http://www.w3.org/2002/07/owl#imports> <{url}> .\n"
    yield "base.ttl", f"@base <{url}> . <> a <x> .\n"
    concept = "a <http://www.w3.org/2004/02/skos/core#Concept> ; <http://www.w3.org/2004/02/skos/core#prefLabel> 'x'@en"
    yield "match.ttl", f"<{url}> {concept} ; <http://www.w3.org/2004/02/skos/core#exactMatch> <{url}#y> .\n"
    yield "seen.ttl", f"<a:b> {concept} ; <http://www.w3.org/2000/01/rdf-schema#seeAlso> <{url}> .\n"
    yield "terms.yaml", f"- slug: a\n  en:\n    term: a\n    def: see [x]({url}) ![y]({url})\n  ref: [{url}]\n"
    yield "tagged.yaml", f"- !!python/object/apply:urllib.request.urlopen ['{url}']\n"
    yield "terms.csv", f'slug,prefLabel@en,definition@en\na,a,"=WEBSERVICE(""{url}"")"\n'


def test_no_vector_makes_a_connection(
    client: FlaskClient, empty_store: Store, listener: socket.socket, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    tried = 0
    for method, path, form in requests(url):
        response = client.open(path, method=method, data=form or None)
        assert response.status_code < 500, (path, form)
        tried += 1
    for name, text in files(url):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        with contextlib.suppress(KgError):  # whether it is taken is not the question here
            import_files(empty_store, [file])
        tried += 1
    assert tried >= 40 and connections(listener) == 0
    print(f"{tried} vectors, no connection")


def test_the_listener_would_have_noticed(listener: socket.socket) -> None:
    socket.create_connection(listener.getsockname()).close()
    assert connections(listener) == 1
