"""The README is true: its commands are run, and what they print is what it shows.

`python -m tests.test_readme` writes the present output into it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kgservice.cli import main
from kgservice.services.glossaries import make_glossary
from tests.conftest import BASE
from tests.test_serve import serving

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ADDRESS = "http://127.0.0.1:8000"


def _rendered(text: str, folder: Path) -> str:
    """The README with the output of its commands as it is now."""
    with serving(folder, "--public-url", ADDRESS) as served:

        def run(command: list[str] | str) -> str:
            shell = isinstance(command, str)
            done = subprocess.run(command, shell=shell, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        def console(found: re.Match[str]) -> str:
            command = _command_of(found.group(1))
            return f"```console\n$ {command}\n{run(command.replace(ADDRESS, served.url))}```"

        text = re.sub(r"```console\n\$ (.*?)```", console, text, flags=re.DOTALL)

        def python(found: re.Match[str]) -> str:
            output = run([sys.executable, "-c", found.group(1).replace(ADDRESS, served.url)])
            return f"```python\n{found.group(1)}```\n\n```text\n{output}```"

        return re.sub(r"```python\n(.*?)```\n\n```text\n.*?```", python, text, flags=re.DOTALL)


def _command_of(block: str) -> str:
    """The command at the head of a block: its first line, and more as long as a quote is open."""
    lines = block.split("\n")
    count = 1
    while "\n".join(lines[:count]).count("'") % 2:
        count += 1
    return "\n".join(lines[:count])


def test_what_the_readme_shows_is_what_the_commands_print(data_dir: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to run the commands with")
    text = README.read_text(encoding="utf-8")
    assert text.count("```console") == 3
    assert _rendered(text, data_dir) == text


def test_the_readme_names_every_command() -> None:
    text = README.read_text(encoding="utf-8")
    for name, command in main.commands.items():
        names = [f"{name} {sub}" for sub in getattr(command, "commands", ())] or [name]
        for one in names:
            assert f"`{one}" in text, one


def test_the_first_block_has_two_commands() -> None:
    first = re.search(r"((?:^    .*\n)+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert first is not None
    assert [line.split("#")[0].strip() for line in first.group(1).strip().split("\n")] == ["make run", "make test"]


if __name__ == "__main__":
    scratch = Path(tempfile.mkdtemp())
    make_glossary(scratch / "data", base=BASE)
    README.write_text(_rendered(README.read_text(encoding="utf-8"), scratch / "data"), encoding="utf-8")
    shutil.rmtree(scratch)
