"""JSON: what an export writes comes back to the byte, and what is wrong is told by record and field."""

import json
from pathlib import Path
from typing import Any

import pytest

from kgservice.errors import Unusable
from kgservice.model.views import TermView
from kgservice.services.exporting import export
from kgservice.services.glossaries import make_glossary
from kgservice.services.import_batch import Report
from kgservice.services.importing import import_files
from kgservice.store.reading import term_view
from kgservice.store.store import Store
from tests.conftest import BASE, read_back


def exported(store: Store) -> str:
    return "".join(export(store, "json")[1])


def load(store: Store, folder: Path, content: object, **options: bool) -> Report:
    path = folder / "terms.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return import_files(store, [path], **options)  # type: ignore[arg-type]


def view(store: Store, slug: str) -> TermView:
    with store.read() as connection:
        found = term_view(connection, slug)
    assert found is not None, slug
    return found


def told(report: Report) -> dict[str, str]:
    return {problem.where.removeprefix("terms.json: "): problem.message for problem in report.problems}


def test_an_export_comes_back_to_the_byte(either_store: Store, tmp_path: Path) -> None:
    text = exported(either_store)
    assert load(either_store, tmp_path, text).seq is None
    make_glossary(tmp_path / "other", base=BASE, languages=either_store.glossary().languages, empty=True)
    other = Store(tmp_path / "other")
    assert load(other, tmp_path, text).problems == []
    assert exported(other) == text and load(other, tmp_path, text).seq is None
    other.close()


def test_all_that_a_document_can_tell(empty_store: Store, tmp_path: Path) -> None:
    document = {
        "slug": "cache",
        "iri": "http://example.org/cache",
        "prefLabel": {"en": "cache", "ja": "キャッシュ"},
        "altLabels": {"en": ["quick store"]},
        "prerequisites": [{"slug": "memory", "reason": {"en": "It is one."}}],
        "topics": ["basics"],
        "languages": {
            "en": {"status": "reviewed", "credit": "Mika"},
            "ja": {"status": "draft", "derivedFrom": "en", "digests": {"prefLabel": "0123456789abcdef"}},
        },
        "deprecated": True,
        "replacedBy": "memory",
    }
    topics = [{"slug": "basics", "prefLabel": {"en": "Basics"}}]
    file = {"topics": topics, "items": [document, {"slug": "memory", "prefLabel": {"ja": "記憶"}}]}
    head = empty_store.head()
    assert load(empty_store, tmp_path, file, dry_run=True).created and empty_store.head() == head
    report = load(empty_store, tmp_path, file)
    assert (report.problems, sorted(report.created)) == ([], ["cache", "memory"])
    cache = view(empty_store, "cache")
    assert cache.iri == "http://example.org/cache" and [topic.slug for topic in cache.topics] == ["basics"]
    assert cache.neighbours["prerequisite"][0].reason == {"en": "It is one."}
    assert cache.deprecated and cache.replaced_by and cache.replaced_by.slug == "memory"
    editions = read_back(empty_store, cache.iri).editions
    assert editions["en"].credit == "Mika"
    assert editions["ja"].digests == {"prefLabel": "0123456789abcdef"}
    assert json.loads(exported(empty_store))["items"][0]["languages"] == document["languages"]


def test_a_record_replaces_what_it_tells_and_deletes_nothing(store: Store, tmp_path: Path) -> None:
    before = view(store, "logic")
    report = load(store, tmp_path, {"items": [{"slug": "logic", "definition": {"en": "Another."}}]})
    assert told(report) == {} and report.updated == ["logic"]
    after = view(store, "logic")
    assert after.texts["definition"]["en"] == ["Another."]
    assert after.texts["definition"]["ja"] == before.texts["definition"]["ja"]
    assert (after.neighbours, after.sources, after.quiz) == (before.neighbours, before.sources, before.quiz)
    assert after.languages["en"]["status"] == "draft"  # an edit, since the file tells nothing of that edition


def test_what_is_wrong_is_told_by_record_and_field(store: Store, tmp_path: Path) -> None:
    items: list[Any] = [
        5,
        {"prefLabel": {"en": "nameless"}},
        {"slug": "No Slug"},
        {"slug": "one", "prefLabel": {"en": 5, "xx-": "x"}, "sources": [{"url": "http://example.org"}]},
        {"slug": "two", "prefLabel": {"en": "two"}, "prerequisites": ["nothing-there", 7], "colour": "red"},
        {"slug": "three", "prefLabel": {"en": "three"}, "languages": {"en": {"status": "perfect"}}},
        {"slug": "four", "prefLabel": {"en": "four"}, "topics": ["cooking"], "replacedBy": "nobody"},
    ]
    report = load(store, tmp_path, {"topics": [{"slug": "x"}], "items": items})
    found = told(report)
    assert sorted(report.created) == ["four", "two"]
    assert found["topic 1"] == "left out: a topic has a slug and a prefLabel by language"
    assert found["record 1"] == found["record 2"] == "left out: it has no slug"
    assert found["record 3"] == "left out: slug: 'No Slug' is not a slug"
    assert found["record 4 (one): prefLabel.en"] == "is not a text; the record was left out"
    assert "is not a language tag" in found["record 4 (one): prefLabel.xx-"]
    assert "record 4 (one): sources.0.title" in found
    assert "there is no such term" in found["record 5 (two)"]
    assert found["record 5 (two): prerequisites.1"].endswith("; it was left out")
    assert found["record 5 (two): colour"] == "is not a key of a term; it was left out"
    assert "machine-translated" in found["record 6 (three): languages.en.status"]
    assert "'cooking' is no topic" in found["record 7 (four): topics"]
    assert found["record 7 (four): replacedBy"] == "left out: 'nobody' is no such term"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"items": [\n{"slug": }]}', "line 2: not JSON"),
        ("[]", "a document for each term"),
        ('{"@context": {}, "@graph": []}', "JSON-LD has the format jsonld"),
        ('{"items": [{"slug": "a", "slug": "b"}]}', "the key 'slug' stands twice"),
        ('{"items": [{"slug": "a"}, {"slug": "a"}]}', "the slug 'a' stands in record 1 already"),
        ("[" * 100_000, "line 1: nested more than 500 deep"),
    ],
)
def test_an_unreadable_file_changes_nothing(empty_store: Store, tmp_path: Path, content: str, message: str) -> None:
    head = empty_store.head()
    with pytest.raises(Unusable) as caught:
        load(empty_store, tmp_path, content)
    assert str(caught.value).startswith("terms.json: ") and message in str(caught.value)
    assert empty_store.head() == head
