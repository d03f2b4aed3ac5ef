"""Learning paths over HTTP: JSON, Markdown, Mermaid, and what cannot be."""

import pytest
from flask.testing import FlaskClient


def test_a_path_in_json(client: FlaskClient) -> None:
    path = client.get("/api/v1/paths?to=network-security&known=logic&lang=ja").get_json()
    assert (path["to"], path["known"]) == (["network-security"], ["logic"])
    assert [step["slug"] for step in path["steps"]][-1] == "network-security"
    assert path["remaining"] == len(path["steps"]) == path["needed"] - 1
    done = {"logic"}
    for step in path["steps"]:
        assert set(step["requires"]) <= done and step["prefLabel"]["lang"] == "ja"
        done.add(step["slug"])
    assert all(edge["kind"] == "prerequisite" and edge["reason"]["lang"] == "ja" for edge in path["edges"])


def test_the_reasons_of_every_language(client: FlaskClient) -> None:
    path = client.get("/api/v1/paths?to=memory&lang=*").get_json()
    assert set(path["edges"][0]["reason"]) == {"en", "ja"}


def test_a_path_in_markdown_and_mermaid(client: FlaskClient) -> None:
    path = "/api/v1/paths?to=memory&lang=en"
    markdown = client.get(path, headers={"Accept": "text/markdown"})
    assert markdown.mimetype == "text/markdown" and "Accept" in markdown.headers["Vary"]
    assert markdown.text.startswith("1. [logic](https://kg.example.org/terms/logic)\n2. **[memory](")
    assert "   - logic: " in markdown.text
    drawn = client.get(path, headers={"Accept": "text/vnd.mermaid"})
    assert drawn.mimetype == "text/vnd.mermaid" and "  Step_logic --> Step_memory\n" in drawn.text
    assert drawn.headers["ETag"] != markdown.headers["ETag"]
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406


def test_the_diagram_of_a_path(client: FlaskClient) -> None:
    drawn = client.get("/paths/memory/diagram.mmd?labels=slug&links=relative&direction=TB&utm_source=x")
    assert drawn.text == (
        "graph TB\n"
        '  Step_logic["logic"]:::pre\n'
        '  click Step_logic "/terms/logic"\n'
        '  Step_memory["memory"]:::main\n'
        '  click Step_memory "/terms/memory"\n'
        "  Step_logic --> Step_memory\n"
        "  classDef main fill:#7c3aed,stroke:#8b5cf6,stroke-width:2px,color:white,font-weight:bold,rx:5,ry:5;\n"
        "  classDef pre fill:#0f172a,stroke:#3b82f6,color:#94a3b8,rx:5,ry:5;\n"
        "  linkStyle default stroke:#4b5563,stroke-width:2px;\n"
    )
    known = client.get("/paths/memory/diagram.mmd?known=memory").text
    assert "Nothing is left to learn" in known and "linkStyle" not in known
    assert client.get("/paths/none/diagram.mmd").status_code == 404
    assert client.get("/paths/memory/diagram.mmd?known=none").status_code == 422


def test_unknown_slugs_are_told_at_once(client: FlaskClient) -> None:
    response = client.get("/api/v1/paths?to=logic,a-a&known=b-b,C!,cache")
    assert response.status_code == 422
    assert [(one["field"], one["message"]) for one in response.get_json()["errors"]] == [
        ("to", "there is no term 'a-a'"),
        ("known", "there is no term 'b-b'"),
        ("known", "there is no term 'C!'"),
    ]


@pytest.mark.parametrize(
    "address",
    ["paths", "paths?to=", "paths?to=logic&x=1", "next?known=zz", "next?limit=0", "next?known=" + "a," * 1001],
)
def test_bad_parameters_are_told(client: FlaskClient, address: str) -> None:
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 422 and response.get_json()["errors"]


def test_next_pages_lead_on(client: FlaskClient) -> None:
    seen, address = [], "/api/v1/next?known=logic&limit=1&lang=en"
    while address:
        page = client.get(address)
        seen += [item["slug"] for item in page.get_json()["items"]]
        address = page.headers.get("Link", "").partition(">")[0].removeprefix("<https://kg.example.org")
    assert len(seen) > 2 and seen == sorted(set(seen)) and "logic" not in seen
    assert client.get("/api/v1/next?known=").get_json()["items"][0]["slug"] == "logic"


def test_statements_do_not_grow_with_the_path(client: FlaskClient, statements: list[str]) -> None:
    counts = []
    for goal in ("logic", "model-serving"):
        statements.clear()
        client.get(f"/api/v1/paths?to={goal}&lang=en,fr")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4
