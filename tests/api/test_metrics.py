"""`/metrics`: what is counted, by whom, and that the numbers of all web processes are in it."""

import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from kgservice.app import create_app
from kgservice.config import Settings
from kgservice.store.counters import Counters

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (\S+)')


def samples(client: FlaskClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert kinds.get(sample[1]) or kinds[re.sub("_(bucket|sum|count)$", "", sample[1])] == "histogram"
            assert sample[1] + (sample[2] or "") not in found
            found[sample[1] + (sample[2] or "")] = float(sample[3])
    return found


def requests(route: str, status: str, method: str = "GET") -> str:
    return f'kgservice_requests_total{{route="{route}",method="{method}",status="{status}"}}'


def test_requests_are_counted_by_route_wherever_they_are_answered(app: Flask, client: FlaskClient) -> None:
    app.extensions["kgservice.ready"].forget()  # other tests may have asked for the same
    asked = ["/api/v1/terms/logic", "/api/v1/terms/logic", "/api/v1/terms/no-term", "/terms/logic", "/terms/logic"]
    before = samples(client)
    for path in (*asked, "/no/route", "/health/live"):
        client.get(path)
    client.post("/api/v1/imports")
    after = samples(client)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more(requests("/api/v1/terms/{slug}", "2xx")) == 2 and more(requests("/api/v1/terms/{slug}", "4xx")) == 1
    assert more(requests("/terms/{slug}", "2xx")) == 2 and more(requests("none", "4xx")) == 1
    assert more(requests("/api/v1/imports", "4xx", "POST")) == 1 and more(requests("/metrics", "2xx")) == 1
    assert more("kgservice_ready_answers_hits_total") == 2 and after["kgservice_ready_answers_bytes"] > 1000
    ladder = [value for name, value in after.items() if 'bucket{route="/api/v1/terms/{slug}"' in name]
    assert ladder == sorted(ladder) and len(ladder) == 13
    assert ladder[-1] == after['kgservice_request_seconds_count{route="/api/v1/terms/{slug}"}'] >= 3
    assert after['kgservice_request_seconds_sum{route="/api/v1/terms/{slug}"}'] > 0
    assert not [name for name in after if "logic" in name or "127.0.0.1" in name]


def test_queries_processes_and_sizes(client: FlaskClient) -> None:
    before = samples(client)
    for text in ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "SELEC", "CLEAR ALL"):
        client.post("/sparql", data={"query": text})
    after = samples(client)
    queries = {
        outcome: after[name] - before[name]
        for outcome in ("answered", "refused", "timed-out", "unavailable", "failed")
        for name in (f'kgservice_queries_total{{outcome="{outcome}"}}',)
    }
    assert queries == {"answered": 1, "refused": 2, "timed-out": 0, "unavailable": 0, "failed": 0}
    assert after["kgservice_query_cpu_seconds_total"] > before["kgservice_query_cpu_seconds_total"]
    assert after["kgservice_query_processes_started_total"] >= 2 <= after["kgservice_query_processes"]
    count = client.get("/sparql?query=SELECT(COUNT(*)AS?n){?s?p?o}&format=csv").text.split()[1]
    assert after["kgservice_triples"] == int(count) and after["kgservice_terms"] == len(
        client.get("/api/v1/terms?limit=200&fields=slug").get_json()["items"]
    )
    assert after["kgservice_sequence"] == client.get("/health/ready").get_json()["seq"]
    assert 0 < after["kgservice_graph_base_sequence"] <= after["kgservice_sequence"]
    assert after['kgservice_info{version="0.1.0"}'] == 1


def test_any_process_tells_the_numbers_of_all(data_dir: Path) -> None:
    def process() -> FlaskClient:
        return create_app(Settings(data_dir, "http://x"), with_queries=False).test_client()

    first, second = process(), process()
    before = samples(first)
    for client in (first, second, second):
        client.get("/api/v1/languages")
    name = requests("/api/v1/languages", "2xx")
    after = samples(second)
    assert after[name] - before.get(name, 0) == 3
    started = [value for key, value in after.items() if key.startswith("kgservice_worker_start_time_seconds")]
    assert len(started) >= 2 and all(value > 1.7e9 for value in started)


def test_the_next_process_counts_on_and_other_numbers_begin_anew(tmp_path: Path) -> None:
    one = Counters(tmp_path, [("a",), ("b", "x")], [("g",)])
    one.add((("a",), 2), (("b", "x"), 0.5))
    one.set(("g",), 7)
    two = Counters(tmp_path, [("a",), ("b", "x")], [("g",)])
    two.add((("a",), 3))
    assert [(worker.lives, dict(worker.values)) for worker in two.workers()] == [
        (True, {("a",): 2, ("b", "x"): 0.5, ("g",): 7}),
        (True, {("a",): 3, ("b", "x"): 0, ("g",): 0}),
    ]
    del one
    assert [worker.lives for worker in two.workers()] == [False, True]
    three = Counters(tmp_path, [("a",), ("b", "x")], [("g",)])
    three.add((("a",), 1))
    assert dict(three.workers()[0].values) == {("a",): 3, ("b", "x"): 0.5, ("g",): 0}
    del two, three
    other = Counters(tmp_path, [("c",)])
    assert [dict(worker.values) for worker in other.workers()] == [{("c",): 0}]


def test_without_room_a_process_tells_of_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    counters = Counters(tmp_path / "file", [("a",)])
    counters.add((("a",), 1))
    assert [dict(worker.values) for worker in counters.workers()] == [{("a",): 1}]


def test_every_route_has_a_number(app: Flask, client: FlaskClient) -> None:
    """A route that is not known to the table would be an error at its first request."""
    for rule in {rule.rule for rule in app.url_map.iter_rules()}:
        path = re.sub(r"<int[^>]*>", "1", rule)
        path = re.sub(r"<[^>]*>", "x", path)
        assert client.open(path, method="OPTIONS").status_code < 500
