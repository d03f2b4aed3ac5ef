"""The Nu HTML checker, which the W3C's validator is, finds nothing in any page."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.browser import npm_file
from tests.pages.conftest import PAGES, WORDS
from tests.test_serve import Served

VNU = "26.9.27"


def html(served: Served, path: str) -> bytes:
    try:
        with urlopen(Request(served.url + path, headers={"Accept": "text/html"}), timeout=30) as response:
            return bytes(response.read())
    except HTTPError as error:  # pages that say that something is wrong are pages, too
        return error.read()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_the_html_checker_finds_nothing(served: Served, tmp_path: Path) -> None:
    java = shutil.which("java")
    if not java:
        pytest.skip("there is no Java here to run the checker; on Debian, apt-get install default-jre-headless")
    jar = tmp_path / "vnu.jar"
    jar.write_bytes(npm_file("vnu-jar", VNU, "build/dist/vnu.jar", tmp_path))
    files = {}
    for lang in WORDS:
        for number, path in enumerate(PAGES):
            files[f"{lang}-{number}.html"] = there = f"{path}{'&' if '?' in path else '?'}lang={lang}&ui={lang}"
            (tmp_path / f"{lang}-{number}.html").write_bytes(html(served, there))
    command = [java, "-jar", str(jar), "--format", "json", "--stdout", *(str(tmp_path / name) for name in files)]
    told = subprocess.run(command, capture_output=True, timeout=500, check=False)
    found = json.loads(told.stdout)["messages"]
    assert [f"{files[Path(one['url']).name]}: {one['message']} {one.get('extract', '')}" for one in found] == []
