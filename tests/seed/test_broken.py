"""A broken seed file stops the making of a glossary with file, line and reason, and nothing is made."""

import shutil
from pathlib import Path

import pytest

from kgservice.config import packaged
from kgservice.errors import Unusable
from kgservice.services import glossaries
from tests.conftest import BASE

CASES = [
    ("memory.ttl", '"memory"@en', '"memory"@e_n', "subtag is invalid"),
    ("memory.ttl", '"memory"@en', '"memory"@jp', "'jp' is not one of the glossary's languages"),
    ("memory.ttl", "kg:target id:logic ;", "kg:target id:logics ;", "logics (target), and there is no such term"),
    ("memory.ttl", "kg:prerequisite id:logic ;", "kg:prerequisite id:logics ;", "(prerequisite), and there is no such"),
    ("glossary.ttl", "        id:memory ,", "        id:memoir ,", "memoir (member), and there is no such term"),
    (
        "memory.ttl",
        "kg:answer <id/memory#q2-c> ;",
        "kg:answer <id/memory#q2-c> , <id/memory#q2-d> ;",
        "2 right answers",
    ),
    ("memory.ttl", "kg:answer <id/memory#q2-c> ;", "kg:answer <id/memory#q3-a> ;", "not exactly one"),
    ("memory.ttl", "kg:prerequisite id:logic ;", "kg:prerequisite id:cache ;", "memory → cache → memory"),
]


@pytest.mark.parametrize(("name", "before", "after", "reason"), CASES)
def test_file_line_and_reason_are_told_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: str, after: str, reason: str
) -> None:
    seed = Path(shutil.copytree(packaged("seed_data"), tmp_path / "seed"))
    path = next(seed.rglob(name))
    text = path.read_text(encoding="utf-8")
    assert before in text
    line = text[: text.index(before)].count("\n") + 1
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    monkeypatch.setattr(glossaries, "packaged", lambda _: seed)
    with pytest.raises(Unusable) as told:
        glossaries.make_glossary(tmp_path / "data", base=BASE)
    (fault,) = [one for one in str(told.value).splitlines() if reason in one.replace("requires", "")]
    assert f"{name}: " in fault and f"line {line}" in fault, str(told.value)
    assert list((tmp_path / "data").iterdir()) == []
