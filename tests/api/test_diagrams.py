"""Diagrams over HTTP: the options of the contract, what is refused, and how answers are kept."""

import sys
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from kgservice.store.store import Store
from tests.conftest import PUBLIC, make_term, put_terms

SEED = """\
graph LR
  Center["networking"]:::main
  Pre_logic["logic"]:::pre --> Center
  click Pre_logic "/terms/logic"
  Center --> Child_load_balancing["load-balancing"]:::child
  click Child_load_balancing "/terms/load-balancing"
  Center --> Child_packet_switching["packet-switching"]:::child
  click Child_packet_switching "/terms/packet-switching"
  Center --> Child_remote_procedure_call["remote-procedure-call"]:::child
  click Child_remote_procedure_call "/terms/remote-procedure-call"
  Rel_network_security["network-security"]:::related -.-> Center
  click Rel_network_security "/terms/network-security"
  Rel_distributed_systems["distributed-systems"]:::related -.-> Center
  click Rel_distributed_systems "/terms/distributed-systems"
  Rel_api["api"]:::related -.-> Center
  click Rel_api "/terms/api"
"""


def test_the_diagram_of_the_seed_term(client: FlaskClient) -> None:
    response = client.get("/terms/networking/diagram.mmd?labels=slug&links=relative")
    assert response.text.startswith(SEED) and response.text.count("classDef") == 4
    assert response.content_type == "text/vnd.mermaid; charset=utf-8"
    assert not any(line != line.rstrip() for line in response.text.split("\n"))


def test_titles_in_a_language_and_absolute_links_are_the_default(client: FlaskClient) -> None:
    text = client.get("/terms/networking/diagram.mmd?lang=ja").text
    assert 'Pre_logic["論理"]:::pre --> Center' in text
    assert f'click Pre_logic "{PUBLIC}/terms/logic"' in text
    assert client.get("/terms/networking/diagram.mmd").headers["Vary"] == "Accept-Language"


def test_options_of_a_diagram(client: FlaskClient) -> None:
    text = client.get(
        "/terms/networking/diagram.mmd?direction=TB&links=none&edges=prerequisite&depth=2&utm_source=x"
    ).text
    assert text.startswith("graph TB\n") and "click" not in text and "Rel_" not in text
    few = client.get("/terms/networking/diagram.mmd?limit=1&labels=slug").text
    assert 'Rel_Zmore["+3 more"]:::related -.-> Center' in few


@pytest.mark.parametrize(("lang", "said"), [("en", "+3 more"), ("ja", "+3 件"), ("ar", "+3 …"), ("tlh,ja", "+3 件")])
def test_a_picture_speaks_the_language_of_its_titles(client: FlaskClient, lang: str, said: str) -> None:
    query = f"limit=1&lang={lang}"
    assert f'Rel_Zmore["{said}"]' in client.get(f"/terms/networking/diagram.mmd?{query}").text
    assert f">{said}<" in client.get(f"/terms/networking/diagram.svg?{query}").text


@pytest.mark.parametrize(
    "query", ["depth=0", "depth=4", "direction=UP", "labels=x", "links=x", "edges=x", "limit=0", "lang=e_n"]
)
def test_bad_options_of_a_diagram(client: FlaskClient, query: str) -> None:
    response = client.get(f"/terms/networking/diagram.mmd?{query}")
    assert response.status_code == 422
    assert response.get_json(force=True)["errors"][0]["field"] == query.partition("=")[0]


def test_the_diagram_of_no_term(client: FlaskClient) -> None:
    assert client.get("/terms/nothing/diagram.mmd").status_code == 404


FORMS = ("mmd", "svg")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", ["theme=x", "depth=4", "direction=UP", "links=x", "edges=x", "limit=151", "lang=*"])
def test_bad_options_of_each_form(client: FlaskClient, form: str, query: str) -> None:
    response = client.get(f"/terms/networking/diagram.{form}?{query}")
    assert response.status_code == 422 and response.mimetype == "application/problem+json"


def test_the_picture_of_the_seed_term(client: FlaskClient) -> None:
    response = client.get("/terms/networking/diagram.svg?lang=ja")
    assert response.content_type == "image/svg+xml; charset=utf-8"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Access-Control-Allow-Origin"] == "*" and "Set-Cookie" not in response.headers
    root = ET.fromstring(response.data)
    assert root.get("lang") == "ja"
    links = [element.get("href") for element in root.iter() if element.tag.endswith("}a")]
    assert f"{PUBLIC}/terms/logic" in links and len(links) == 8
    assert "論理" in response.text


def test_a_picture_is_kept_until_something_in_it_changes(
    empty_store: Store, client_of: Callable[[Store], FlaskClient]
) -> None:
    put_terms(empty_store, make_term("a", prerequisite=["b"]), make_term("b"))
    client = client_of(empty_store)
    first = client.get("/terms/a/diagram.svg?lang=en")
    known = {"If-None-Match": first.headers["ETag"]}
    assert "stale-while-revalidate" in first.headers["Cache-Control"]
    assert client.get("/terms/a/diagram.svg?lang=en", headers=known).status_code == 304
    assert client.get("/terms/a/diagram.svg?lang=en&theme=dark", headers=known).status_code == 200
    put_terms(empty_store, make_term("b", label="Another"))
    again = client.get("/terms/a/diagram.svg?lang=en", headers=known)
    assert again.status_code == 200 and "Another" in again.text


def test_options_of_the_picture(client: FlaskClient) -> None:
    def get(query: str) -> str:
        return client.get(f"/terms/networking/diagram.svg?{query}").text

    assert "<a " not in get("links=none") and 'href="/terms/logic"' in get("links=relative")
    assert ">network-security<" in get("labels=slug") and "+3 more" in get("limit=1")
    assert "light-dark" in get("theme=auto") and "<style" not in get("theme=dark")
    assert get("direction=TB") != get("direction=LR") and get("depth=3") != get("depth=1")
    assert "論理" in get("lang=tlh,ja,en")


def test_no_term_is_a_small_picture_that_says_so(client: FlaskClient) -> None:
    response = client.get("/terms/no-such-term/diagram.svg?theme=dark")
    assert response.status_code == 404 and response.mimetype == "image/svg+xml"
    assert "Term not found" in response.text and "no-such-term" in response.text
    ET.fromstring(response.data)
    assert ET.fromstring(client.get("/terms/%01%3Cx%22/diagram.svg").data) is not None


def test_the_term_page_shows_the_picture_with_links_in_its_language(client: FlaskClient) -> None:
    page = client.get("/terms/networking?lang=ja").text
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page and 'href="/terms/logic?lang=ja"' in page
    style = client.get("/diagram.css")
    assert style.mimetype == "text/css" and "light-dark(" in style.text and ":root" not in style.text


def test_no_host_header_reaches_a_link(client: FlaskClient) -> None:
    for path in ("/terms/logic/diagram.svg", "/terms/logic/diagram.mmd", "/terms/logic"):
        assert "evil.example" not in client.get(path, headers={"Host": "evil.example"}).text


def test_no_other_site_frames_anything_but_embeds(client: FlaskClient) -> None:
    for path in (
        "/",
        "/terms/logic",
        "/terms/logic/diagram.mmd",
        "/api/v1/terms",
        "/docs/problems/invalid",
        "/nothing",
    ):
        assert "frame-ancestors 'none'" in client.get(path).headers["Content-Security-Policy"], path


def test_the_picture_in_pixels(client: FlaskClient) -> None:
    response = client.get("/terms/networking/diagram.png?lang=en&scale=2")
    if response.status_code == 501:
        pytest.skip(response.get_json(force=True)["detail"])
    assert response.mimetype == "image/png" and response.data.startswith(b"\x89PNG")
    known = {"If-None-Match": response.headers["ETag"]}
    assert client.get("/terms/networking/diagram.png?lang=en&scale=2", headers=known).status_code == 304
    assert client.get("/terms/networking/diagram.png?scale=3").status_code == 422
    assert client.get("/terms/nothing/diagram.png").status_code == 404


def test_where_there_is_no_renderer_that_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    response = client.get("/terms/networking/diagram.png?lang=ja&limit=7")
    assert response.status_code == 501 and response.mimetype == "application/problem+json"
    assert "pip install" in response.get_json(force=True)["detail"]


def test_a_learning_path_is_a_picture_too(client: FlaskClient) -> None:
    response = client.get("/paths/model-serving/diagram.svg?lang=ja")
    root = ET.fromstring(response.data)
    links = [element.get("href") for element in root.iter() if element.tag.endswith("}a")]
    assert {f"{PUBLIC}/terms/{slug}" for slug in ("logic", "api", "memory", "model-serving")} <= set(links)
    assert "論理" in response.text and response.headers["ETag"]
    done = client.get("/paths/logic/diagram.svg?known=logic")
    assert "Nothing is left to learn" in " ".join(ET.fromstring(done.data).itertext())
    missing = client.get("/paths/nothing/diagram.svg")
    assert missing.status_code == 404 and "Term not found" in missing.text
    assert missing.headers["Vary"] == "Accept-Language"
    assert client.get("/terms/nothing/diagram.svg?lang=*").status_code == 422
    missing = client.get("/paths/nothing/diagram.svg?lang=de,ja")
    assert 'lang="ja"' in missing.text and "用語が見つかりません" in missing.text and "Vary" not in missing.headers
    done = client.get("/paths/logic/diagram.mmd?known=logic&lang=ja")
    assert "学ぶことは残っていません" in done.text
    assert client.get("/paths/logic/diagram.svg?theme=x").status_code == 422
