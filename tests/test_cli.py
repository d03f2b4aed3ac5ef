"""The command line, run as its users run it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import alembic.command
import pytest
from click.testing import CliRunner, Result

from kgservice.cli import main
from kgservice.store import database
from kgservice.store.database import alembic_config, database_path
from kgservice.store.store import Store
from tests.conftest import SEED_TERMS, make_term, put_terms


def run(*arguments: str | Path, **options: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)  # type: ignore[arg-type]


def test_help_is_complete() -> None:
    def walk(command: object, path: list[str]) -> None:
        result = run(*path, "--help")
        assert result.exit_code == 0 and "Usage" in result.output
        for name, sub in getattr(command, "commands", {}).items():
            assert sub.help, f"{path} {name} has no help"
            group = hasattr(sub, "commands")
            assert group or any(p.name == "data_dir" for p in sub.params), f"{name} has no --data-dir"
            walk(sub, [*path, name])

    walk(main, [])


def test_init_makes_the_seed_glossary_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert run("init", "--data-dir", folder).exit_code == 0
    again = run("init", "--data-dir", folder)
    assert again.exit_code == 1 and "exists and is not empty" in again.output
    assert [path.name for path in tmp_path.iterdir()] == ["data"]  # nothing is written beside it


def test_init_fills_an_empty_directory_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    assert run("init", "--empty", "--data-dir", ".").exit_code == 0
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["kgservice.db"]


def test_a_directory_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a b#c?d%41 é"
    assert run("init", "--empty", "--data-dir", folder).exit_code == 0
    store = Store(folder)
    put_terms(store, make_term("logic"))
    assert store.versions.of("logic")
    store.close()
    assert run("check", "--data-dir", folder).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    database_path(tmp_path).write_text("no database at all, but a text of some length " * 30)
    for command in ("check", "rebuild"):
        result = run(command, "--data-dir", tmp_path)
        assert result.exit_code == 1 and "cannot be read as a database" in result.output


def test_a_port_that_is_taken_is_told(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--data-dir", data_dir, "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1 and "choose another --port" in result.output


def test_a_writer_that_waits_too_long_is_told(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.2)
    file = tmp_path / "t.csv"
    file.write_text("slug,prefLabel@en\nx,X\n")
    store = Store(data_dir)
    with store.write("test", "long"):
        result = run("import", file, "--data-dir", data_dir)
    assert result.exit_code == 1 and "cannot be written now" in result.output
    store.close()


def test_init_takes_what_it_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    options = (
        "--base-iri",
        "https://kg.example.org/",
        "--languages",
        "ja,en",
        "--title",
        "用語",
        "--licence",
        "https://example.org/l",
    )
    assert run("init", "--data-dir", folder, *options).exit_code == 0
    store = Store(folder)
    glossary = store.glossary()
    assert (glossary.base, glossary.languages) == ("https://kg.example.org/", ("ja", "en"))
    assert (glossary.title, glossary.licence) == ({"ja": "用語"}, "https://example.org/l")
    assert store.slugs()["logic"] == "https://kg.example.org/id/logic"
    store.close()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--languages", "en,e_n"), "'e_n' is not a canonical language tag"),
        (("--base-iri", "kg.example.org"), "is not an http or https IRI"),
        (("--base-iri", "https://kg.example.org"), "that ends in a slash"),
    ],
)
def test_init_refuses_what_cannot_be(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    result = run("init", "--data-dir", tmp_path / "data", *options)
    assert result.exit_code == 1 and told in result.output
    assert not (tmp_path / "data").exists()


def test_options_are_variables_too(tmp_path: Path) -> None:
    result = run("init", "--empty", env={"KGSERVICE_DATA_DIR": str(tmp_path / "d"), "KGSERVICE_LANGUAGES": "de"})
    assert result.exit_code == 0
    store = Store(tmp_path / "d")
    assert store.glossary().languages == ("de",)
    store.close()


def test_import_reports_and_says_what_was_done(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("slug,prefLabel@en\nnew-term,New term\nlogic,logic\n,nothing\n")
    dry = run("import", file, "--dry-run", "--data-dir", data_dir)
    assert dry.exit_code == 0 and "would be change 3" in dry.output
    done = run("import", file, "--data-dir", data_dir)
    assert done.exit_code == 0
    assert "error    t.csv: line 4: left out: '' gives no slug" in done.output
    assert (
        "t.csv: 1 created, 0 updated, 1 unchanged terms; 1 left out, passed over or read otherwise; change 3."
        in done.output
    )
    assert "nothing to change" in run("import", file, "--data-dir", data_dir).output


def test_import_of_a_broken_file_fails(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.ttl"
    file.write_text("<a:b> <a:b>")
    result = run("import", file, "--data-dir", data_dir)
    assert result.exit_code == 1 and "kgservice: t.ttl: " in result.output and "line 1" in result.output


def test_check_rebuild_check(empty_store: Store) -> None:
    data_dir, store = empty_store.data_dir, empty_store
    put_terms(store, make_term("a", prerequisite=["b"]), make_term("b"))
    assert "agree at change 2" in run("check", "--data-dir", data_dir).output
    with store._engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM edge WHERE kind = 'prerequisite'")
    broken = run("check", "--data-dir", data_dir)
    assert (
        broken.exit_code == 1 and "mirror: edge lacks the row" in broken.output and "kgservice rebuild" in broken.output
    )
    assert run("rebuild", "--data-dir", data_dir).exit_code == 0
    assert run("check", "--data-dir", data_dir).exit_code == 0


def test_a_missing_directory_says_what_to_do(tmp_path: Path) -> None:
    for command in (["check"], ["rebuild"], ["import", __file__, "--format", "csv"]):
        result = run(*command, "--data-dir", tmp_path / "none")
        assert result.exit_code == 1 and "kgservice init" in result.output
    assert not (tmp_path / "none").exists()


def test_trusted_queries_need_a_loopback_address(tmp_path: Path) -> None:
    result = run("serve", "--sparql-trusted", "--host", "0.0.0.0", "--data-dir", tmp_path / "d")
    assert result.exit_code == 2 and "loopback" in result.output


@pytest.mark.parametrize(
    ("address", "told"),
    [
        *(
            (address, "is not http:// or https:// and a host, such as")
            for address in ("ftp://foo", "foo", "", "http://")
        ),
        *((address, "is not http:// or https:// and a host, such as") for address in ("http://a:x", 'http://a"b')),
        *((f"https://a.example{more}", "has more than a host") for more in ("/x", "?q=1", "#f")),
        ("https://me:word@a.example", "has more than a host"),
    ],
)
def test_a_public_address_is_the_root_of_a_host(tmp_path: Path, address: str, told: str) -> None:
    result = run("serve", "--public-url", address, "--data-dir", tmp_path / "d")
    assert result.exit_code == 2 and told in " ".join(result.output.split()) and not (tmp_path / "d").exists()


@pytest.mark.parametrize("address", ["https://a.example", "http://[::1]:8000/"])
def test_a_public_address_may_have_a_port_and_a_slash(data_dir: Path, address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that it ends where it would listen
        port = str(taken.getsockname()[1])
        result = run("serve", "--public-url", address, "--data-dir", data_dir, "--port", port)
    assert "cannot listen" in result.output


def test_a_making_that_was_killed_leaves_no_half_glossary(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command = [sys.executable, "-m", "kgservice", "init", "--data-dir", str(folder)]
    for after in (0.3, 0.6, 0.9):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if database_path(folder).exists():
            assert sorted(Store(folder).slugs()) == SEED_TERMS
            break
    else:
        assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
    assert [path.name for path in folder.iterdir()] == ["kgservice.db"]


def test_a_write_from_the_command_line_reaches_a_store_that_is_open(data_dir: Path, tmp_path: Path) -> None:
    store = Store(data_dir)
    file = tmp_path / "t.csv"
    file.write_text("slug,prefLabel@en\nfrom-outside,From outside\n")
    assert run("import", file, "--data-dir", data_dir).exit_code == 0
    assert "from-outside" in store.slugs()
    put_terms(store, make_term("and-on"))
    assert store.head().seq == 4
    store.close()


def test_search_in_a_terminal_and_for_programs(data_dir: Path) -> None:
    found = run("search", "ﾈｯﾄﾜｰｷ", "--lang", "en", "--limit", "2", "--data-dir", data_dir)
    assert found.exit_code == 0
    first, why = found.output.splitlines()[:2]
    assert first.split() == ["networking", "networking"] and why.strip() == "prefLabel ja: ネットワーキング"
    assert first.rindex("networking") == why.index("prefLabel"), "labels stand in one column"
    as_json = json.loads(run("search", "api", "--json", "--lang", "ja", "--data-dir", data_dir).stdout)
    assert as_json["items"][0]["slug"] == "api" and as_json["items"][0]["match"]["field"] == "prefLabel"
    nothing = run("search", "\udcff*", "--data-dir", data_dir)
    assert nothing.exit_code == 0 and nothing.stdout == "" and "Nothing was found" in nothing.stderr


def test_path_in_a_terminal_and_in_other_forms(data_dir: Path) -> None:
    arguments = ("path", "model-serving", "--known", "memory", "--data-dir", data_dir)
    told = run(*arguments)
    assert told.stdout.splitlines()[0] == "1  logic  logic"
    assert "model-serving  after api" in told.stdout and "6 to learn; 1 of 7 are behind you." in told.stderr
    assert [step["slug"] for step in json.loads(run(*arguments, "--json").stdout)["steps"]][-1] == "model-serving"
    assert run(*arguments, "--markdown").stdout.startswith("1. [logic](/terms/logic)\n")
    assert run(*arguments, "--mermaid").stdout.startswith("graph LR\n  Step_logic")
    wrong = run("path", "nothing", "--known", "nor,this", "--data-dir", data_dir)
    assert wrong.exit_code == 1 and all(slug in wrong.output for slug in ("'nothing'", "'nor'", "'this'"))


def test_a_diagram_in_a_terminal_and_in_other_forms(data_dir: Path) -> None:
    arguments = ("diagram", "memory", "--lang", "ja", "--data-dir", data_dir)
    drawn = run(*arguments, "--direction", "TB").stdout
    assert drawn.startswith('graph TB\n  Center["メモリ"]:::main\n  Pre_logic["論理"]:::pre --> Center\n')
    assert "click" not in drawn and drawn.endswith("stroke-width:2px;\n")
    assert run(*arguments, "--svg").stdout.startswith("<svg ")
    assert json.loads(run(*arguments, "--json", "--depth", "2").stdout)["centre"] == "memory"
    wrong = run("diagram", "none", "--data-dir", data_dir)
    assert wrong.exit_code == 1 and wrong.stdout == "" and "no term 'none'" in wrong.stderr


def test_an_upgrade_fills_what_the_old_schema_had_not(few_dir: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(few_dir, tmp_path / "data"))
    alembic.command.downgrade(alembic_config(database_path(data_dir)), "0001")
    assert run("search", "api", "--data-dir", data_dir).exit_code == 1
    assert run("db", "upgrade", "--data-dir", data_dir).exit_code == 0
    assert "networking" in run("search", "packets", "--data-dir", data_dir).output
    assert run("check", "--data-dir", data_dir).exit_code == 0


@pytest.mark.parametrize("module", ["kgservice.cli", "kgservice.services.import_process"])
def test_a_start_loads_nothing_heavy(module: str) -> None:
    """Each command, and each file that is sent, pays for what its module imports."""
    told = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", told, module], capture_output=True, text=True, check=True).stdout
    assert {"sqlalchemy", "flask", "rdflib", "alembic", "rich"}.isdisjoint(loaded.split())
