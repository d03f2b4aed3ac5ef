"""Queries that were made to hurt: what ended, hung or filled other servers, each shape in several sizes."""

from collections.abc import Iterator

ANY = "?a ?b ?c"
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"


def corpus() -> Iterator[tuple[str, str]]:
    """Names and texts of more than 120 hostile queries."""
    for group in (_nested, _wide, _crossed, _paths, _grown, _aggregated, _going_out, _garbled):
        yield from group()


def _nested() -> Iterator[tuple[str, str]]:
    shapes = {
        "braces": ("{", "}"),
        "parentheses": ("{ FILTER" + "(", ")"),
        "brackets": ("{ ?a ?b [ ?c ", "]"),
        "not": ("{ FILTER(!", ")"),
        "optional": ("{ ?a ?b ?c OPTIONAL ", "}"),
        "exists": ("{ FILTER EXISTS ", "}"),
        "select": ("{ SELECT * ", "}"),
        "minus": ("{ ?a ?b ?c MINUS ", "}"),
    }
    for name, (opening, closing) in shapes.items():
        for depth in (20, 95, 3000):
            inner = "{ ?x ?y ?z }" if closing == "}" else "1"
            yield f"nested {name} {depth}", f"SELECT * {opening * depth}{inner}{closing * depth}"
    for depth in (50, 98, 5000):
        yield f"nested if {depth}", f"SELECT ({'IF(true,' * depth}1{',0)' * depth} AS ?x) {{}}"
        yield f"list {depth}", f"SELECT * {{ ?a ?b {'(' * depth}1{')' * depth} }}"
        yield f"signs {depth}", f"SELECT ({'-' * depth}1 AS ?x) {{}}"


def _wide() -> Iterator[tuple[str, str]]:
    for count in (60, 250, 1000, 2500):
        yield f"patterns {count}", f"SELECT * {{ {' '.join(f'?s{n} ?p{n} ?o{n} .' for n in range(count))} }}"
        yield f"chain {count}", f"SELECT * {{ {' '.join(f'?x{n} ?p{n} ?x{n + 1} .' for n in range(count))} }}"
        yield f"unions {count}", f"SELECT * {{ {' UNION '.join(['{ ?a ?b ?c }'] * count)} }}"
        yield f"or {count}", f"SELECT * {{ {ANY} FILTER({' || '.join(['?a = ?b'] * count)}) }}"
        yield f"plus {count}", f"SELECT ({' + '.join(['1'] * count)} AS ?x) {{ {ANY} }}"
        yield f"values {count}", f"SELECT * {{ {' '.join(f'VALUES ?v{n} {{ 1 2 3 }}' for n in range(count))} }}"


def _crossed() -> Iterator[tuple[str, str]]:
    for count in (3, 4, 6, 10):
        triples = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(count))
        yield f"cross {count}", f"SELECT * {{ {triples} }}"
        yield f"count cross {count}", f"SELECT (COUNT(*) AS ?n) {{ {triples} }}"
        yield f"distinct cross {count}", f"SELECT DISTINCT ?s0 ?o1 {{ {triples} }}"
        yield f"ordered cross {count}", f"SELECT * {{ {triples} }} ORDER BY ?o0 ?s1 ?o{count - 1}"
        yield f"constructed cross {count}", f"CONSTRUCT {{ ?s0 ?p1 ?o{count - 1} }} WHERE {{ {triples} }}"
        yield f"asked cross {count}", f"ASK {{ {triples} FILTER(?o0 = ?s1 && ?o0 != ?s1) }}"
    yield "offset", f"SELECT * {{ {ANY} . ?d ?e ?f . ?g ?h ?i }} OFFSET 999999999"
    yield (
        "not exists",
        f"SELECT * {{ {ANY} . ?d ?e ?f FILTER NOT EXISTS {{ ?c ?x ?f . ?g ?h ?i FILTER(?i = ?nothing) }} }}",
    )


def _paths() -> Iterator[tuple[str, str]]:
    for path in (
        "(!<x:y>)*",
        "(!<x:y>|^!<x:y>)+",
        "((!<x:y>)*)*",
        "(!<x:y>)*/(!<x:y>)*/(!<x:y>)*",
        "(!<x:y>)?/(!<x:y>)+/^(!<x:y>)*",
    ):
        yield f"path {path}", f"SELECT (COUNT(*) AS ?n) {{ ?a {path} ?b . ?b {path} ?c }}"
    for count in (100, 250, 400, 3000):
        yield f"steps {count}", f"SELECT * {{ ?a {'/'.join(['<a:b>'] * count)} ?b }}"
        yield f"choices {count}", f"SELECT * {{ ?a ({'|'.join(['<a:b>'] * count)})* ?b }}"


def _grown() -> Iterator[tuple[str, str]]:
    for rounds in (10, 24, 40):
        doubled = "".join(f" BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(rounds))
        yield f"doubled {rounds}", f"SELECT ?x{rounds} {{ ?s {LABEL} ?o BIND(STR(?o) AS ?x0){doubled} }}"
        yield (
            f"doubled and ordered {rounds}",
            f"SELECT ?x{rounds} {{ {ANY} BIND('abcdefgh' AS ?x0){doubled} }} ORDER BY ?x{rounds}",
        )
    for pattern in ("(a+)+$", "((((a{0,100}){0,100}){0,100}){0,100})", "(.*)(.*)(.*)(.*)(.*)x", "a{1000000}"):
        yield f"regex {pattern}", f'SELECT * {{ {ANY} . ?d ?e ?f FILTER regex(CONCAT(STR(?c), STR(?f)), "{pattern}") }}'
    tenfold = "$0" * 10
    replaced = f'REPLACE(REPLACE(REPLACE(STR(?c), ".", "{tenfold}"), ".", "{tenfold}"), ".", "{tenfold}")'
    yield "replace", f"SELECT ({replaced} AS ?x) {{ {ANY} . ?d ?e ?f }}"


def _aggregated() -> Iterator[tuple[str, str]]:
    for name in ("GROUP_CONCAT(?c)", "COUNT(DISTINCT ?c)", "SAMPLE(?c)", "MAX(?c)"):
        yield f"aggregate {name}", f"SELECT ?a ({name} AS ?x) {{ {ANY} . ?d ?e ?f . ?g ?h ?i }} GROUP BY ?a"
        yield (
            f"grouped {name}",
            f"SELECT ?a ?d ?g ({name} AS ?x) {{ {ANY} . ?d ?e ?f . ?g ?h ?i }} GROUP BY ?a ?d ?g ?f",
        )
    yield "having", f"SELECT ?a {{ {ANY} . ?d ?e ?f . ?g ?h ?i }} GROUP BY ?a HAVING (COUNT(DISTINCT ?i) > 99999999)"


def _going_out() -> Iterator[tuple[str, str]]:
    for name in ("SERVICE", "SERVICE SILENT", "service silent"):
        yield f"out {name}", f"SELECT * {{ {name} <http://127.0.0.1:1/> {{ ?s ?p ?o }} }}"
    yield "out load", "LOAD <http://127.0.0.1:1/>"
    yield "update", "INSERT DATA { <a:b> <a:b> <a:b> }"
    yield "delete", "DELETE WHERE { ?s ?p ?o }"
    yield "clear", "CLEAR ALL"


def _garbled() -> Iterator[tuple[str, str]]:
    for name, text in {
        "escaped": "SELECT * { \\u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "open string": 'SELECT * { ?s ?p "' + "x" * 60_000,
        "open iri": "SELECT * { ?s ?p <" + "x" * 60_000,
        "nothing": "\x00" * 100,
        "controls": "SELECT * { ?s ?p '\x01\x02\x7f' ",
        "surrogates": "SELECT ('\\uD800' AS ?x) {}",
        "long name": f"SELECT ?{'x' * 60_000} {{",
        "too long": "#" * 70_000,
    }.items():
        yield f"garbled {name}", text
