"""Linked data: every form says the same, the same as the graph; JSON is JSON-LD; SKOS readers are content."""

import gzip
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from pyld import jsonld
from rdflib import Graph

from kgservice.rdf.writing import context
from kgservice.services.importing import import_files
from kgservice.services.linked_data import DUMPS
from kgservice.store.mirror import all_lines
from kgservice.store.store import Store
from tests.conftest import BASE, PUBLIC, SEED_TERMS, make_term, put_terms
from tests.services.test_importing import PREFIXES

FORMS = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}


def _load(url: str, _options: object) -> dict[str, Any]:
    assert url == f"{PUBLIC}/context/v1.jsonld", url
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": context()}


def by_pyld(document: Any) -> Graph:
    """The document as an independent JSON-LD processor reads it."""
    quads = jsonld.to_rdf(document, {"documentLoader": _load, "format": "application/n-quads"})
    return Graph().parse(data=quads, format="nt")


def graph_of(client: FlaskClient, slug: str, form: str = "nt") -> Graph:
    response = client.get(f"/terms/{slug}.{form}")
    assert response.status_code == 200, response.text
    if form == "jsonld":
        return by_pyld(response.get_json(force=True))
    return Graph().parse(data=response.data, format=FORMS[form])


@pytest.mark.parametrize("form", ["ttl", "rdf", "jsonld"])
@pytest.mark.parametrize("slug", ["networking", "consensus", "logic"])
def test_every_form_says_the_same(client: FlaskClient, slug: str, form: str) -> None:
    assert len(graph_of(client, slug)) > 100
    assert set(graph_of(client, slug)) == set(graph_of(client, slug, form))


def test_what_the_model_does_not_know_is_in_every_form(
    empty_store: Store, client_of: Callable[[Store], FlaskClient], tmp_path: Path
) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        PREFIXES + "ex:a a skos:Concept, ex:Thing ; skos:prefLabel '繁'@zh-hant, 'A'@en ;\n"
        "  ex:p 'x', 'y'@pt-br, 4.2, ex:b ;\n"
        '  skos:definition "untagged" ; skos:notation "1"^^ex:code, "2" ; skos:altLabel "B"@en, "C"@en .\n'
    )
    import_files(empty_store, [file])
    client = client_of(empty_store)
    for form in ("ttl", "rdf", "jsonld"):
        assert set(graph_of(client, "a")) == set(graph_of(client, "a", form)), form  # there are no blank nodes
        text = client.get(f"/terms/a.{form}").text
        assert "zh-Hant" in text and "pt-BR" in text, form  # canonical case, which the engine does not keep


@pytest.mark.parametrize("slug", ["networking", "logic", "consensus"])
def test_the_editing_representation_is_json_ld_and_says_nothing_that_the_graph_does_not(
    client: FlaskClient, slug: str
) -> None:
    response = client.get(f"/api/v1/terms/{slug}?lang=*")
    link = response.headers["Link"]
    assert f"<{PUBLIC}/context/v1.jsonld>" in link and 'rel="http://www.w3.org/ns/json-ld#context"' in link
    stated = by_pyld({"@context": f"{PUBLIC}/context/v1.jsonld", **response.get_json()})
    whole = Graph().parse(data=client.get("/dumps/glossary.nt").data, format="nt")
    assert len(stated) > 30
    assert not set(stated) - set(whole), sorted(set(stated) - set(whole))[:3]
    subject = next(stated.subjects(None, None))
    assert subject is not None


def test_accept_chooses_the_form(client: FlaskClient) -> None:
    for accept, media in (
        ("text/turtle", "text/turtle"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/rdf+xml, text/turtle;q=0.5", "application/rdf+xml"),
        ("application/json", "application/json"),
        ("text/markdown", "text/markdown"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
    ):
        response = client.get("/terms/logic", headers={"Accept": accept})
        assert (response.status_code, response.mimetype) == (200, media)
        assert "Accept" in response.headers["Vary"].split(", ")
        assert response.headers["Content-Location"].startswith(f"{PUBLIC}/terms/logic")
    refused = client.get("/terms/logic", headers={"Accept": "image/png"})
    assert refused.status_code == 406 and "text/turtle" in refused.get_json(force=True)["detail"]
    assert client.get("/terms/logic.exe").status_code == client.get("/terms/nothing.ttl").status_code == 404


def test_the_iri_of_a_term_leads_to_its_document(client: FlaskClient) -> None:
    response = client.get("/id/networking")
    assert response.status_code == 303 and "max-age" in response.headers["Cache-Control"]
    assert response.headers["Location"] == f"{PUBLIC}/terms/networking"
    assert client.get("/id/nothing").status_code == 404


def test_markdown(client: FlaskClient) -> None:
    text = client.get("/terms/networking.md?lang=ja").text
    assert text.startswith("# ネットワーキング\n\n") and f"- [論理]({PUBLIC}/terms/logic) – " in text
    assert "\n\n\n" not in text


def test_texts_in_markdown_stay_texts(empty_store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    put_terms(empty_store, make_term("a", label="<b> [x](javascript:y) *z*"))
    assert r"# \<b\> \[x\](javascript:y) \*z\*" in client_of(empty_store).get("/terms/a.md").text


def test_the_vocabulary_and_the_context(client: FlaskClient) -> None:
    assert len(Graph().parse(data=client.get("/ns").data, format="turtle")) > 100
    served = client.get("/context/v1.jsonld")
    assert served.mimetype == "application/ld+json" and "immutable" in served.headers["Cache-Control"]
    assert served.headers["Access-Control-Allow-Origin"] == "*" and json.loads(served.data) == context()


def test_the_description_of_the_dataset(client: FlaskClient) -> None:
    graph = Graph().parse(data=client.get("/.well-known/void").data, format="turtle")
    found = graph.query(
        """PREFIX void: <http://rdfs.org/ns/void#> PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT ?triples ?endpoint ?licence ?example ?dump {
          ?d a void:Dataset ; void:triples ?triples ; void:sparqlEndpoint ?endpoint ; dcterms:license ?licence ;
             void:exampleResource ?example ; void:dataDump ?dump } ORDER BY ?dump"""
    )
    rows: list[Any] = list(found)
    names = [str(row.dump).removeprefix(f"{PUBLIC}/dumps/") for row in rows]
    assert names == sorted([*DUMPS, *(f"{name}.gz" for name in DUMPS)])
    assert all(client.get(f"/dumps/{name}").status_code == 200 for name in names)
    assert str(rows[0].endpoint) == f"{PUBLIC}/sparql" and str(rows[0].example).startswith(f"{BASE}id/")
    assert int(rows[0].triples) == client.get("/dumps/glossary.nt").text.count("\n")


def test_the_dump_is_the_graph_at_its_sequence(store: Store, client_of: Callable[[Store], FlaskClient]) -> None:
    client = client_of(store)
    put_terms(store, make_term("fresh"))
    response = client.get("/dumps/glossary.nt")
    with store.read() as connection:
        assert response.text == "".join(all_lines(connection))
    assert response.headers["KG-Seq"] == "3" and client.get("/dumps/other.nt").status_code == 404


def test_skosify_passes_the_plain_skos_profile_without_a_warning(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    from skosify import skosify

    data = client.get("/dumps/skos.nt").data
    with caplog.at_level(logging.INFO):
        graph = skosify(Graph().parse(data=data, format="nt"))
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == [], [record.getMessage() for record in told]
    assert len(set(graph.subjects(None, None))) >= len(SEED_TERMS)
    quads = list(ox.parse(data, format=ox.RdfFormat.N_TRIPLES))
    assert not any("kgservice" in quad.predicate.value for quad in quads)


@pytest.mark.parametrize("name", ["glossary.ttl", "glossary.jsonld", "glossary.nt"])
def test_each_dump_is_the_graph_at_the_sequence_that_it_states(
    empty_store: Store, client_of: Callable[[Store], FlaskClient], name: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        PREFIXES
        + r"""ex:a a skos:Concept ; skos:prefLabel "A \"quoted\" \\ line\n"@en, "繁"@zh-Hant ; ex:p 4.2, ex:b,
          "x"^^ex:odd .
        ex:b a skos:Concept ; skos:prefLabel "B"@en ; skos:notation "1"^^ex:code ."""
    )
    import_files(empty_store, [file])
    put_terms(empty_store, *[make_term(f"t-{number}") for number in range(50)])
    client = client_of(empty_store)
    plain, packed = client.get(f"/dumps/{name}"), client.get(f"/dumps/{name}.gz")
    assert gzip.decompress(packed.data) == plain.data and packed.mimetype == "application/gzip"
    assert plain.headers["KG-Seq"] == packed.headers["KG-Seq"] == str(empty_store.head().seq)
    with empty_store.read() as connection:
        graph = Graph().parse(data="".join(all_lines(connection)), format="nt")
    form = FORMS[name.partition(".")[2]]
    found = by_pyld(plain.get_json(force=True)) if form == "json-ld" else Graph().parse(data=plain.data, format=form)
    assert set(found) == set(graph)
    again = client.get(f"/dumps/{name}", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    put_terms(empty_store, make_term("new"))
    assert client.get(f"/dumps/{name}", headers={"If-None-Match": plain.headers["ETag"]}).status_code == 200
