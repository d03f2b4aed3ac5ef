"""The wheel carries all that the service needs: installed in an empty folder, it serves."""

import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import wait_for
from tests.test_serve import free_port

ROOT = Path(__file__).parents[1]


@pytest.mark.full
def test_an_installed_wheel_serves_the_seed_glossary(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:  # installed by hand: what it needs is in this environment already
        archive.extractall(site)
    carried = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    for needed in ("ontology/kg.ttl", "ontology/context.jsonld", "migrations/env.py", "seed_data/terms/logic.ttl"):
        assert f"kgservice/data/{needed}" in carried, needed
    assert "kgservice/api/static/kgservice.css" in carried and "kgservice/api/templates/term.html" in carried
    assert not [path for path in carried if path.startswith(("tests", "kgservice/data/tests")) or "__pycache__" in path]
    port = free_port()
    served = subprocess.Popen(
        [sys.executable, "-c", "from kgservice.cli import main; main()", "serve", "--port", str(port)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}/terms/logic.ttl"

        def answers() -> bool:
            try:
                with urlopen(address, timeout=5) as response:
                    return b"kg:Term" in response.read()
            except OSError:
                return False

        wait_for(answers, 40)
    finally:
        served.terminate()
        served.wait(30)
    assert {path.name for path in tmp_path.iterdir()} == {"dist", "site", "kgservice-data"}
