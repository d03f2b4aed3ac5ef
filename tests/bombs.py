"""Bodies that were made to hurt: small ones that grow when they are read, deep and long ones, forbidden characters."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

MB = 1024 * 1024
JSON = "application/json"
MERGE = "application/merge-patch+json"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


class Bomb(NamedTuple):
    """A request, its body made when it is sent, and what is answered: the status and a part of the problem's words.

    A file whose one record is left out is answered with 200 and a report that says so.
    """

    name: str
    method: str
    path: str
    body: Callable[[], bytes]
    status: int
    told: str
    headers: Mapping[str, str] = MappingProxyType({})


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for group in (_xml, _json_ld, _triples, _records, _documents, _oversized):
        yield from group()


def _file(name: str, format: str, body: Callable[[], bytes], told: str, status: int = 422) -> Bomb:
    return Bomb(name, "POST", f"/api/v1/imports?format={format}", body, status, told)


def _put(name: str, body: Callable[[], bytes], told: str, status: int) -> Bomb:
    return Bomb(name, "PUT", "/api/v1/terms/bomb", body, status, told, {"If-None-Match": "*", "Content-Type": JSON})


def _rdf(inside: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n{before}<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://e/">{inside}</rdf:RDF>'.encode()


def _xml() -> Iterator[Bomb]:
    told = "document type or entities"
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    spoken = '<e:D rdf:about="a:b"><e:p>&{};</e:p></e:D>'
    for name, declared, entity in (
        ("entities in entities", f'<!ENTITY e0 "{"ha" * 20}">{laughs}', "e9"),
        ("a file as entity", '<!ENTITY e SYSTEM "file:///etc/passwd">', "e"),
        ("an address as entity", '<!ENTITY e SYSTEM "http://127.0.0.1:9/">', "e"),
    ):
        yield _file(
            f"xml: {name}",
            "rdf",
            lambda d=declared, e=entity: _rdf(spoken.format(e), f"<!DOCTYPE r [{d}]>"),  # type: ignore[misc]
            told,
        )
    yield _file("xml: an open declaration", "rdf", lambda: b"<!DOCTYPE r [" + b"<!ENTITY a 'b'>" * MB, told)
    yield _file("xml: 100,000 elements deep", "rdf", lambda: _rdf("<e:D><e:p>" * 50_000), "line 2: nested more than")
    yield _file("xml: 30 MB of attributes", "rdf", lambda: _rdf(f"<e:D {'e:p=' * 7 * MB}>"), "line 2")
    yield _file("xml: a list of 500,000", "rdf", lambda: _rdf(_xml_list(500_000)), "line 2: a list of more than 10000")


def _xml_list(count: int) -> str:
    items = "<e:D><e:q>1</e:q></e:D>" * count
    return f'<e:D rdf:about="http://e/a"><e:p rdf:parseType="Collection">{items}</e:p></e:D>'


def _json_ld() -> Iterator[Bomb]:
    deep = "nested more than 500 deep"
    yield _file("json-ld: arrays", "jsonld", lambda: b"[" * 5 * MB, f"line 1: {deep}")
    yield _file("json-ld: objects", "jsonld", lambda: b'{"a":' * MB, f"line 1: {deep}")
    yield _file(
        "json-ld: a list of 500,000",
        "jsonld",
        lambda: json.dumps({"@id": "http://e/a", "http://e/p": {"@list": list(range(500_000))}}).encode(),
        "line 1: a list of more than 10000 items",
    )
    yield _file(
        "json-ld: a context elsewhere",
        "jsonld",
        lambda: b'{"@context": "http://127.0.0.1:9/c", "@id": "a:b", "x": 1}',
        "names a @context elsewhere",
    )
    yield _file(
        "json-ld: escapes that do not end", "jsonld", lambda: b'{"@id": "' + b'\\"' * 10 * MB, "line 1: here begins"
    )
    yield _file("json-ld: one string of 30 MB", "jsonld", lambda: b'{"@id": "' + b"x" * 30 * MB, "line 1: here begins")


def _triples() -> Iterator[Bomb]:
    many = "hang together in over 20000 triples; give some of them IRIs"
    deep = "line 1: nested more than 500 deep"
    start = "<http://e/a> <http://e/p> "
    brackets = "[<http://e/p> "
    yield _file(
        "turtle: 100,000 brackets",
        "ttl",
        lambda: f"{start}{brackets * 100_000}1{']' * 100_000}.".encode(),
        deep,
    )
    yield _file("turtle: 2,000,000 open brackets", "ttl", lambda: (start + brackets * 2_000_000).encode(), deep)
    yield _file("turtle: 5,000,000 open lists", "ttl", lambda: (start + "(" * 5_000_000).encode(), deep)
    yield _file("turtle: a list of 500,000", "ttl", lambda: f"{start}({'1 ' * 500_000}).".encode(), many)
    yield _file(
        "n-triples: a chain of 300,000",
        "nt",
        lambda: "".join(f"_:b{n} <http://e/p> _:b{n + 1} .\n" for n in range(300_000)).encode(),
        f"blank nodes with <http://e/p> {many}",
    )
    yield _file(
        "n-triples: a star of 300,000",
        "nt",
        lambda: "".join(f"_:b <http://e/p> <http://e/{n}> .\n" for n in range(300_000)).encode(),
        f"blank nodes near <http://e/0> {many}",
    )
    yield _file("turtle: 2,000 alike", "ttl", lambda: _alike(2_000), "too much alike to be told apart; give them IRIs")
    yield _file("turtle: nine that are all linked", "ttl", lambda: _linked(9), "too much alike to be told apart")
    yield _file("turtle: one word of 30 MB", "ttl", lambda: b"<a:b> <a:b> <" + b"x" * 30 * MB, "line 1: here begins")
    yield _file("turtle: 30 MB of spaces", "ttl", lambda: b"<a:b> <a:b>" + b" " * 30 * MB, "line 1: here begins")
    yield _file("turtle: one open string of 30 MB", "ttl", lambda: b'<a:b> <a:b> "' + b"x" * 30 * MB, "line 1")


def _alike(count: int) -> bytes:
    return f"<http://e/a> <http://e/p> ({'[<http://e/q> 1] ' * count}).".encode()


def _linked(count: int) -> bytes:
    pairs = ((one, other) for one in range(count) for other in range(count) if one != other)
    return "".join(f"_:b{one} <http://e/p> _:b{other} .\n" for one, other in pairs).encode()


def _records() -> Iterator[Bomb]:
    yield _file("yaml: arrays", "glosario", lambda: b"[" * MB, "line 1: exceeded maximum nesting")
    yield _file("yaml: entries", "glosario", lambda: b"- " * MB, "line 1: exceeded maximum nesting")
    yield _file(
        "yaml: aliases in aliases", "glosario", _aliases, "record 1, line 1: left out: prefLabel is missing", 200
    )
    yield _file(
        "yaml: a record of 20,000 keys", "glosario", _keys, "record 1, line 1: left out: a record of 20001 keys", 200
    )
    yield _file("json: arrays", "json", lambda: b"[" * 5 * MB, "line 1: nested more than 500 deep")
    yield _file("json: 100,000 keys twice", "json", _twice, "the key '0' stands twice in one object")
    yield _file(
        "json: a number of a million digits",
        "json",
        lambda: b'{"items": [' + b"9" * MB,
        "a number has 1048576 digits; 50 are allowed",
    )
    yield _file("json: one text of 30 MB", "json", lambda: b'{"items": ["' + b"x" * 30 * MB, "line 1: here begins")
    head = b"slug,prefLabel@en,definition@en\na,A,"
    yield _file("csv: a cell of 30 MB", "csv", lambda: head + b"x" * 30 * MB, "line 2: the row is longer")
    yield _file("csv: a quoted cell of 30 MB", "csv", lambda: head + b'"' + b"x\n" * 15 * MB, "a cell is longer")
    yield _file("csv: 10 million cells", "csv", lambda: head + b"," * 10_000_000, "line 2: the row is longer")


def _keys() -> bytes:
    return ("- slug: a\n" + "".join(f"  k{n}: v\n" for n in range(20_000))).encode()


def _aliases() -> bytes:
    rows = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
    return f"- slug: a\n  ref:\n  - &a0 [b, b, b, b, b]\n{rows}".encode()


def _documents() -> Iterator[Bomb]:
    deep = "nested more than 64 levels deep"
    yield _put("document: arrays", lambda: b"[" * 900_000, deep, 400)
    yield _put("document: objects", lambda: b'{"a":' * 200_000, deep, 400)
    yield _put("document: closed arrays", lambda: b"[" * 400 + b"]" * 400, deep, 400)
    yield _put("document: a key twice", lambda: b'{"prefLabel": 1, "prefLabel": 2}', "stands twice", 400)
    yield _put("document: 100,000 keys twice", _twice, "stands twice", 400)
    yield _put("document: a number of 900,000 digits", lambda: b'{"a": ' + b"9" * 900_000 + b"}", "digits", 400)
    yield _put("document: half a character", lambda: b'{"prefLabel": {"en": "\\ud800"}}', "surrogate", 400)
    yield _put("document: not UTF-8", lambda: b'{"prefLabel": {"en": "\xed\xa0\x80"}}', "not UTF-8 at byte 22", 400)
    for character, told in (
        ("\u0007", "has the character U+0007, which is not allowed"),
        ("\u0000", "has the character U+0000, which is not allowed"),
        ("\u202e", "has a bidirectional control character, which is not allowed"),
        ("\u2066", "has a bidirectional control character, which is not allowed"),
    ):
        yield _put(
            f"document: U+{ord(character):04X} in a label",
            lambda c=character: json.dumps({"prefLabel": {"en": f"a{c}b"}}).encode(),  # type: ignore[misc]
            f"prefLabel.en: {told}",
            422,
        )
    yield _put("document: a label of 1 MB", lambda: _labelled(1_000_000), "characters", 422)


def _twice() -> bytes:
    return ("{" + ",".join(f'"{n % 50_000}":1' for n in range(100_000)) + "}").encode()


def _labelled(length: int) -> bytes:
    return json.dumps({"prefLabel": {"en": "x" * length}}).encode()


def _oversized() -> Iterator[Bomb]:
    allowed = "1048576 are allowed"
    yield _put("50 MB in one field", lambda: _labelled(50 * MB), allowed, 413)
    patch = {"If-Match": "*", "Content-Type": MERGE}
    yield Bomb(
        "50 MB in one field of a patch",
        "PATCH",
        "/api/v1/terms/logic",
        lambda: json.dumps({"definition": {"en": "x" * 50 * MB}}).encode(),
        413,
        allowed,
        patch,
    )
    cell = b"slug,prefLabel@en,definition@en\na,A,"
    yield _file("a cell of 50 MB", "csv", lambda: cell + b"x" * 50 * MB, "33554432 are allowed", 413)
    yield _file("a literal of 50 MB", "ttl", lambda: b'<a:b> <a:b> "' + b"x" * 50 * MB + b'".', "are allowed", 413)
    packed = {"Content-Encoding": "gzip"}
    zeros = gzip.compress(bytes(10 * MB))
    yield _file("10 MB of zeros in a gzip file", "csv", lambda: zeros, "content encoding", 415)._replace(headers=packed)
    put = _put("10 MB of zeros in a gzip document", lambda: zeros, "content encoding", 415)
    yield put._replace(headers={**put.headers, **packed})
