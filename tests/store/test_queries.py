"""Query processes: killed at the deadline, bounded, without a network, up to date, replaced."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyoxigraph as ox
import pytest

from kgservice import config
from kgservice.errors import QueryRefused, QueryTimedOut, ResultTooLarge, Unavailable, Unusable
from kgservice.rdf.ntriples import parse_line
from kgservice.store import replicas
from kgservice.store.checking import _graph_findings, check
from kgservice.store.queries import Queries, Query
from kgservice.store.refusals import NotAcceptable
from kgservice.store.results import PIECE, is_limited
from kgservice.store.store import Store
from kgservice.store.workers import Keeper, WorkerError
from tests.conftest import SEED_TERMS, limits, make_term, put_terms

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def run(queries: Queries, text: str, **more: object) -> bytes:
    return queries.run(Query(text, "http://localhost/sparql", **more)).read()  # type: ignore[arg-type]


def labels(queries: Queries, slug: str) -> bytes:
    """The labels in English and Japanese, as CSV."""
    name = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    text = f"SELECT ?l {{ <http://localhost:8000/id/{slug}> {name} ?l FILTER (lang(?l) IN ('en', 'ja')) }} ORDER BY ?l"
    return run(queries, text, results="csv")


def test_a_query_is_answered_and_the_ontology_has_a_graph_of_its_own(queries: Queries) -> None:
    assert labels(queries, "logic").split() == [b"l", b"logic", "論理".encode()]
    named = run(queries, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", results="csv")
    assert named.split() == [b"g", b"https://w3id.org/kgservice/ns"]
    assert b"true" not in run(queries, "ASK { <https://w3id.org/kgservice/ns> ?p ?o }")


def test_a_write_is_seen_by_the_next_query(store: Store, queries: Queries) -> None:
    for number in range(5):
        put_terms(store, make_term("fresh", label=f"v{number}"))
        for _ in range(3):  # whichever process answers
            assert labels(queries, "fresh").split() == [b"l", f"v{number}".encode()]
    assert list(_graph_findings(store, set(_lines(store)), store.head().seq)) == []


def _lines(store: Store) -> list[str]:
    from kgservice.store import mirror

    with store.read() as connection:
        return [text for block in mirror.all_lines(connection) for text in block.split("\n") if text]


def test_a_runaway_query_is_ended_at_its_deadline_and_the_next_is_answered_at_once(queries: Queries) -> None:
    started = time.monotonic()
    with pytest.raises(QueryTimedOut, match="within 2 seconds"):
        run(queries, CROSS)
    assert 1.9 < time.monotonic() - started < 2.5
    started = time.monotonic()
    assert b"true" in run(queries, "ASK {}")
    assert time.monotonic() - started < 1  # a new process, not a new interpreter


def test_a_query_that_wants_too_much_memory_is_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "QUERY_MEMORY", 300 * 1024 * 1024)
    started = Queries(store, limits=limits(seconds=30))
    started.start()
    try:
        with pytest.raises(Unavailable, match="more memory"):
            run(started, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?f ?i")
        assert b"true" in run(started, "ASK {}")
    finally:
        started.close()


@pytest.mark.parametrize("format_", ["json", "xml", "csv", "tsv"])
def test_a_result_over_a_limit_is_an_error_not_a_cut(store: Store, format_: str) -> None:
    started = Queries(store, limits=limits(seconds=5, rows=50, result_bytes=100_000))
    started.start()
    try:
        with pytest.raises(ResultTooLarge, match=r"larger than 97 kB|more than 50 rows"):
            run(started, "SELECT * { ?s <https://w3id.org/kgservice/ns#deepDive> ?o . ?a ?b ?c }", results=format_)
        with pytest.raises(ResultTooLarge, match="more than 50 rows"):
            run(started, "SELECT ?s { ?s ?p ?o } LIMIT 51", results=format_)
        with pytest.raises(ResultTooLarge, match="more than 50 triples"):
            run(started, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 51")
        assert len(run(started, "SELECT ?s { ?s ?p ?o } LIMIT 50", results=format_)) > 1000
        odd = "SELECT (CONCAT('},{', '\\n', '\"},{') AS ?x) { ?s ?p ?o } LIMIT 50"
        assert len(run(started, odd, results=format_)) > 300
    finally:
        started.close()


@pytest.mark.parametrize(
    ("query", "limited"),
    [
        ("SELECT * { ?s ?p ?o } LIMIT 50", True),
        ("SELECT * { ?s ?p ?o }limit50", True),
        ("SELECT * # {\n{ ?s ?p ?o }\nORDER BY ?s LIMIT 50 OFFSET 7 # fifty", True),
        ("SELECT * { ?s ?p ?o } LIMIT 51", False),
        ("SELECT * { { SELECT * { ?s ?p ?o } LIMIT 5 } }", False),
        ("SELECT * { ?s ?p ?o } # LIMIT 5", False),
        ("SELECT * { ?s ?p ?o } # LIMIT 5 # LIMIT 5", False),
        ("SELECT * { ?s ?p ?o } #" + "x" * 1000 + " LIMIT 5", False),
        ("SELECT * { ?s ?p ?o } LIMIT 5 VALUES ?s { 1 }", False),
    ],
)
def test_what_a_query_says_of_its_rows_itself(query: str, limited: bool) -> None:
    assert is_limited(query, 50) == limited


def test_a_large_result_is_the_same_from_its_file(queries: Queries, store: Store) -> None:
    long = "BIND (CONCAT(?o, ?o, ?o, ?o) AS ?x) BIND (CONCAT(?x, ?x, ?x, ?x) AS ?long)"
    text = f"SELECT ?long {{ ?a ?b ?c . ?s <https://w3id.org/kgservice/ns#eli5> ?o {long} }} LIMIT 1500"
    answer = queries.run(Query(text, "http://localhost/"))
    assert not isinstance(answer.body, bytes) and answer.size > PIECE
    whole = answer.read()
    assert len(whole) == answer.size and len(json.loads(whole)["results"]["bindings"]) == 1500
    assert not list((store.data_dir / "replica").glob("run-*/clone-*/result"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT",
        "SELECT * { ?s ?p }",
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "CLEAR ALL",
        "ASK { FILTER(<a:f>()) ?s ?p ?o }",
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(queries: Queries, text: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        run(queries, text)
    assert len(str(caught.value)) > 10


def test_forms_that_an_answer_does_not_have(queries: Queries) -> None:
    for text, formats in (
        ("ASK {}", {"results": "csv"}),
        ("SELECT * {}", {"results": None}),
        ("DESCRIBE <a:b>", {"graph": None}),
    ):
        with pytest.raises(NotAcceptable):
            run(queries, text, **formats)


def test_dataset_parameters_choose_the_graphs(queries: Queries) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    graph = ("https://w3id.org/kgservice/ns",)
    assert int(run(queries, text, results="csv", default_graphs=graph).split()[1]) > 100
    assert run(queries, text, results="csv", default_graphs=("http://example.org/none",)).split()[1] == b"0"
    with pytest.raises(QueryRefused):
        run(queries, text, default_graphs=("no iri",))


def test_deep_nesting_below_the_scan_does_not_end_a_process(store: Store) -> None:
    """The scan refuses this before; the stack is large enough even so."""
    started = Queries(store, limits=limits(seconds=30))
    started.start()
    try:
        started.run(Query("SELECT * " + "{" * 15_000 + "}" * 15_000, "http://localhost/"))
    finally:
        started.close()


def _children(keepers: bool) -> list[psutil.Process]:
    """The keepers of this process's query processes, or the query processes themselves."""
    own = psutil.Process()
    return [child for child in own.children(recursive=True) if (child.parent() == own) == keepers]


def _kill(processes: list[psutil.Process]) -> None:
    """Kill them, and wait until all their threads are dead: only then are their sockets closed."""
    handles = [os.pidfd_open(process.pid) for process in processes]
    for process in processes:
        process.kill()
    for handle in handles:
        assert select.select([handle], [], [], 10)[0]
        os.close(handle)


def test_idle_processes_that_were_killed_are_replaced_before_anyone_notices(store: Store, queries: Queries) -> None:
    _kill(_children(keepers=False))
    for number in range(config.QUERY_PROCESSES + 1):
        put_terms(store, make_term(f"n-{number}"))
        assert b"true" in run(queries, "ASK {}")


def test_a_keeper_that_was_killed_is_started_again(queries: Queries) -> None:
    _kill([*_children(keepers=True), *_children(keepers=False)])
    for _ in range(config.QUERY_PROCESSES + 1):
        assert b"true" in run(queries, "ASK {}")


def test_a_keeper_whose_service_was_killed_ends_without_a_word() -> None:
    """The service is gone between the order and the answer to it, or before the keeper has read the order."""
    for _ in range(3):
        control, theirs = socket.socketpair()
        command = [sys.executable, "-m", "kgservice.store.query_process", str(theirs.fileno())]
        keeper = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE)
        theirs.close()
        control.sendall(b"ss")
        control.close()
        assert (keeper.communicate(timeout=30)[1], keeper.returncode) == (b"", 0)


def test_a_process_killed_at_work_is_an_error_of_that_query_alone(queries: Queries) -> None:
    outcome: list[object] = []

    def one() -> None:
        try:
            outcome.append(run(queries, CROSS))
        except Unavailable as error:
            outcome.append(error)

    thread = threading.Thread(target=one)
    thread.start()
    time.sleep(0.5)
    _kill(_children(keepers=False))
    thread.join()
    assert isinstance(outcome[0], Unavailable)
    assert b"true" in run(queries, "ASK {}")


def test_a_base_that_was_broken_off_leaves_nothing(store: Store) -> None:
    for _ in range(2):
        code = (
            "import sys, time; from pathlib import Path; from kgservice.store.queries import Queries\n"
            "from kgservice.store.store import Store\n"
            "Queries(Store(Path(sys.argv[1]))).start(); time.sleep(30)"
        )
        process = subprocess.Popen([sys.executable, "-c", code, str(store.data_dir)])
        time.sleep(0.6)
        process.kill()
        process.wait()
    started = Queries(store)
    started.start()
    assert started.ready(20) and started.off is None
    started.close()
    left = sorted(path.name.split("-")[0] for path in (store.data_dir / "replica").iterdir())
    assert left == ["base", "budgets", "lock"]


def test_a_clone_that_is_far_behind_is_replaced_by_one_of_a_new_base(
    store: Store, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "BEHIND_MAX", 1000)
    before = {path.name for path in (store.data_dir / "replica").glob("base-*")}
    put_terms(store, make_term("large", label="x" * 500), *[make_term(f"t-{n}") for n in range(20)])
    assert labels(queries, "large").split()[1] == b"x" * 500
    after = {path.name for path in (store.data_dir / "replica").glob("base-*")}
    assert len(after) == 1 and after != before


def test_a_base_of_another_log_is_not_used(store: Store) -> None:
    folder = store.data_dir / "replica"
    (folder / "base-2-0123456789abcdef").mkdir(parents=True)
    started = Queries(store)
    started.start()
    try:
        assert labels(started, "logic").split()[1] == b"logic"
    finally:
        started.close()


def test_nothing_is_left_behind(store: Store) -> None:
    before = set(psutil.Process().children(recursive=True))
    started = Queries(store)
    started.start()
    assert started.ready(20)
    ours = set(psutil.Process().children(recursive=True)) - before
    assert len(ours) == 1 + config.QUERY_PROCESSES
    started.close()
    assert len(list((store.data_dir / "replica").glob("run-*"))) == 0
    assert psutil.wait_procs(ours, timeout=10)[1] == []


def test_clones_of_processes_that_died_are_swept(store: Store) -> None:
    stale = store.data_dir / "replica" / "run-1"
    (stale / "clone-1").mkdir(parents=True)
    started = Queries(store)
    started.start()
    assert started.ready(20)
    started.close()
    assert not stale.exists()


# --- the sandbox -----------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listener on loopback that must not be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def connections(listener: socket.socket) -> int:
    count = 0
    while True:
        try:
            listener.accept()[0].close()
            count += 1
        except BlockingIOError:
            return count


def test_a_query_cannot_reach_the_network(queries: Queries, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    for text in (
        f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}",
        f"SELECT * FROM <http://127.0.0.1:{port}/> {{ ?s ?p ?o }}",
        f"LOAD <http://127.0.0.1:{port}/>",
    ):
        try:
            run(queries, text)
        except QueryRefused:
            continue
    assert connections(listener) == 0


def test_without_the_sandbox_the_same_query_does_reach_it(listener: socket.socket) -> None:
    """The control: the listener would have noticed."""
    port = listener.getsockname()[1]
    code = (
        f"import pyoxigraph as o; list(o.Store().query('SELECT * {{SERVICE <http://127.0.0.1:{port}/> {{?s ?p ?o}}}}'))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while connections(listener) == 0:
        assert time.monotonic() < end, "the control did not connect"
        time.sleep(0.05)
    process.kill()
    process.wait()


def test_a_sandbox_that_does_not_hold_turns_sparql_off_and_says_why(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Keeper, *, trusted: bool = False) -> object:
        raise WorkerError("sandbox", "there is no sandbox for this machine")

    monkeypatch.setattr(Keeper, "fork", broken)
    off = Queries(store)
    off.start()
    assert off.ready(20) and off.off is not None and "no sandbox for this machine" in off.off
    with pytest.raises(Unavailable, match="no sandbox"):
        run(off, "ASK {}")
    off.close()


def test_sockets_programs_and_other_processes_are_out_of_reach() -> None:
    code = """
import ctypes, os, socket, sys
from kgservice.store import sandbox
sandbox.cut_network()
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
    try:
        socket.socket(family, socket.SOCK_DGRAM)
    except PermissionError:
        continue
    sys.exit(f"family {family} is open")
try:
    os.execv("/bin/true", ["true"])
except PermissionError:
    pass
libc = ctypes.CDLL(None, use_errno=True)
assert libc.syscall(425, 8, 0) == -1 and ctypes.get_errno() == 13, "io_uring is open"
assert libc.syscall(438, 0, 0, 0) == -1 and ctypes.get_errno() == 13, "pidfd_getfd is open"
import threading
thread = threading.Thread(target=print, args=("held",)); thread.start(); thread.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, "held\n"), done.stderr


def test_a_probe_that_finds_the_network_open_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose filter did nothing would be found out by the self-test."""
    folder = store.data_dir / "fake"
    (folder / "kgservice").mkdir(parents=True)
    code = (
        "import kgservice.store.sandbox as s; s.cut_network = lambda: None\n"
        "import runpy, sys\n"
        "runpy.run_module('kgservice.store.query_process', run_name='__main__')\n"
    )
    script = folder / "open.py"
    script.write_text(code)
    original = subprocess.Popen

    def popen(command: list[str], **options: object) -> object:
        return original([command[0], str(script), command[-1]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", popen)
    off = Queries(store)
    off.start()
    assert off.ready(20) and off.off is not None and "sandbox does not hold" in off.off
    off.close()
    on = Queries(store, trusted=True)
    on.start()
    assert on.ready(20) and on.off is None
    assert b"true" in run(on, "ASK {}")
    on.close()


def test_check_proves_the_seed(store: Store) -> None:
    result = check(store)
    assert result.findings == [] and result.terms == len(SEED_TERMS) and result.seq == 2


def test_check_finds_a_graph_that_differs(store: Store) -> None:
    lines = _lines(store)
    found = list(_graph_findings(store, set(lines[1:]), 2))
    assert len(found) == 1 and "not the" in found[0]


def test_check_finds_a_broken_shape(store: Store) -> None:
    from kgservice.store.shapes import shape_findings

    triples = [parse_line(text) for text in _lines(store)]
    assert list(shape_findings(triples)) == []
    triples.append(("<http://localhost:8000/id/logic>", "<https://w3id.org/kgservice/ns#slug>", '"Second"'))
    assert any("slug" in path for _, path, _ in shape_findings(triples))


def test_the_engine_is_the_version_that_was_measured() -> None:
    assert ox.__version__.startswith("0.5.")
    assert os.cpu_count()
    with pytest.raises(Unusable):
        Store(Path("nowhere"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT {", "1, column 8: '{' does not fit here; expected a variable, '*' or '('"),
        ("SELECT * {\n ?s , # why\n}", "2, column 5: ',' does not fit here; expected a variable, an IRI or '('"),
        ("{ ?s ?p }", "1, column 1: '{' begins no query; SELECT, ASK, CONSTRUCT or DESCRIBE does, after PREFIX lines"),
        (
            "PREFIX a: <b:>\n SELEC *",
            "2, column 2: 'SELEC' begins no query; SELECT, ASK, CONSTRUCT or DESCRIBE does, after PREFIX lines",
        ),
        (
            "SELECT * { ?s ?p }",
            (
                "1, column 18: '}' does not fit here; expected a variable, an IRI, a literal, a number, a blank node, "
                "'(' or '['"
            ),
        ),
        ("SELECT * {} }", "1, column 13: '}' does not fit here"),
        ("SELECT * {} ORDER BYY ?x", "1, column 19: 'BYY' does not fit here"),
        ("SELECT * {} LIMIT x", "1, column 19: 'x' does not fit here; expected a number"),
        ("SELECT * { ?s ?p ?o", "1, column 20: the query ends too early; a '}' is missing"),
        ("ASK { ?s ?p 'a }", "1, column 13: the sign ' opens a string that does not close in its line"),
        (
            "SELECT * { ?s skos:prefLabel ?l }",
            "1, column 15: 'skos:prefLabel' has a prefix that is not declared; add a PREFIX line for it",
        ),
        (
            "ASK { ?s <a b> ?o }",
            "1, column 10: '<a' is not a valid IRI; spaces and some signs have to be written as %20 and so on",
        ),
        (
            "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }",
            (
                "1, column 40: SELECT has a variable that GROUP BY leaves out; group by it, or put it into an "
                "aggregate such as SAMPLE"
            ),
        ),
    ],
)
def test_a_syntax_error_is_told_in_words(queries: Queries, text: str, told: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        run(queries, text)
    assert str(caught.value) == f"syntax error at line {told}"


def test_looking_for_a_fault_runs_nothing_of_a_long_query(queries: Queries) -> None:
    """What is before the fault is a whole query that takes the engine half a minute to plan."""
    patterns = "?s ?p 'a' .\n" * 250
    before = time.monotonic()
    with pytest.raises(QueryRefused, match="line 251, column 3: '}' does not fit here"):
        run(queries, f"SELECT * {{{patterns}}} }}{' ' * 40_000}")
    assert time.monotonic() - before < 5
