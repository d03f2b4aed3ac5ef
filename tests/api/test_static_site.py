"""The embeds as files: whole, and equal to what the service answers."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from kgservice.cli import main
from kgservice.diagrams.themes import THEMES
from kgservice.services.glossaries import make_glossary
from kgservice.store.store import Store
from tests.conftest import BASE, PUBLIC, make_term, put_terms


@pytest.fixture(scope="module")
def glossary_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few terms in two languages: the site of the whole seed has thousands of files."""
    folder = tmp_path_factory.mktemp("few") / "data"
    make_glossary(folder, base=BASE, languages=("en", "ja"), title="A few terms", empty=True)
    store = Store(folder)
    japanese = {"prefLabel": {"en": ("logic",), "ja": ("論理",)}}
    networking = make_term("networking", prerequisite=["logic"], related=["api"])
    put_terms(store, replace(make_term("logic"), texts=japanese), make_term("api"), networking)
    store.close()
    return folder


@pytest.fixture(scope="module")
def site(glossary_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "site"
    options = ["--public-url", f"{PUBLIC}/", "--data-dir", str(glossary_dir)]
    result = CliRunner().invoke(main, ["export", "--format", "site", str(folder), *options])
    assert result.exit_code == 0, result.output
    assert f"{len([path for path in folder.rglob('*') if path.is_file()])} files" in result.output
    return folder


def test_each_term_has_its_pictures_and_its_page_in_each_language(
    site: Path, glossary_dir: Path, client_of: Callable[[Store], FlaskClient]
) -> None:
    slugs = [one["slug"] for one in json.loads((site / "terms.json").read_text())["items"]]
    assert slugs == ["api", "logic", "networking"]
    for slug in slugs:
        for suffix in ("", ".en", ".ja"):
            assert (site / f"terms/{slug}/index{suffix}.html").is_file()
            assert all((site / f"terms/{slug}/diagram{suffix}.{theme}.svg").is_file() for theme in THEMES)
    store = Store(glossary_dir)
    client = client_of(store)
    answered = client.get("/terms/networking/diagram.svg?lang=ja&theme=dark").data
    assert (site / "terms/networking/diagram.ja.dark.svg").read_bytes() == answered
    assert (site / "embed-1.js").read_bytes() == client.get("/embed-1.js").data
    japanese = json.loads((site / "terms.ja.json").read_text())["items"]
    assert {one["slug"]: one["prefLabel"]["value"] for one in japanese}["logic"] == "論理"
    store.close()


def test_pages_need_no_server(site: Path) -> None:
    page = (site / "terms/networking/index.ja.html").read_text()
    assert 'href="../../static/embed.css"' in page and 'href="../../diagram.css"' in page
    assert 'href="/' not in page and "?lang" not in page
    assert '<a href="../../" target="_top"' in page  # to the list of all terms
    index = (site / "index.html").read_text()
    assert "<h1>A few terms</h1>" in index
    assert 'href="terms/networking/"' in index and "data-static" in index and f"{PUBLIC}/embed-1.js" in index


def test_what_is_there_is_not_overwritten(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    arguments = ["export", "--format", "site", str(tmp_path / "mine"), "--data-dir", str(data_dir)]
    result = CliRunner().invoke(main, [*arguments, "--public-url", PUBLIC])
    assert result.exit_code == 1 and "not empty" in result.output
    assert CliRunner().invoke(main, arguments).exit_code == 2  # without an address
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_tooltips_on_the_command_line(data_dir: Path, tmp_path: Path) -> None:
    command = ["export", "--format", "mkdocs", "--data-dir", str(data_dir)]
    shown = CliRunner().invoke(main, [*command, "--languages", "ja,en"])
    assert shown.exit_code == 0 and "*[ネットワーキング]: " in shown.stdout
    written = CliRunner().invoke(main, [*command, "--languages", "ja,en", "-o", str(tmp_path / "docs" / "glossary.md")])
    assert written.exit_code == 0 and (tmp_path / "docs" / "glossary.md").read_text() == shown.stdout
    assert CliRunner().invoke(main, [*command, "--languages", "e_n"]).exit_code == 2
