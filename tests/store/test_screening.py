"""What is refused of a file before a parser reads it; wherever its pieces begin and end."""

import json
from pathlib import Path

import pytest

from kgservice.store import screening
from kgservice.store.screening import LIST_MAX, NESTING_MAX, WORD_MAX, XML_MAX, Refused, Screened, screened

DEEP = NESTING_MAX + 1
NS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def screen(folder: Path, format: str, text: str | bytes, size: int = screening.PIECE) -> str:
    """The text as it came through, read in pieces of that size."""
    path = folder / f"file.{format}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening, "PIECE", size)
        return "".join(screened(path, format))


FLAT = {
    "strings": ("ttl", '<a:b> <a:b> "' + "[" * DEEP + '\\"' + "(" * DEEP + "\", '" + "[" * DEEP + "'."),
    "long strings": ("ttl", f'<a:b> <a:b> """{"[" * DEEP}"a""b\\"""{"(" * DEEP}""", \'\'\'{"[" * DEEP}\'a\'\'\'.'),
    "empty strings": ("ttl", "<a:b> <a:b> \"\", \"[\", '', '['" + ', "(["' * DEEP + "."),
    "comments": ("ttl", f"# {'[' * DEEP}\n<a:b> <a:b> <a:b>. # it's \" {'(' * DEEP}"),
    "iris": ("ttl", f"<a:#{'(' * DEEP}> <a:b> <a:b>."),
    "iris with spaces of other scripts": ("ttl", f"<a:\u3000#{'(' * DEEP}> <a:\u00a0'> <a:\u2028\"> ."),
    "one after the other": ("ttl", f"<a:b> <a:b> {', '.join(['[], ()'] * DEEP)}."),
    "values of json": ("jsonld", json.dumps({"@id": "a:b", "x": ["[" * DEEP, '\\"' + "{" * DEEP, "@list"] * 3})),
    "items that are no list": ("jsonld", json.dumps({"@graph": [{}] * (LIST_MAX + 5)})),
    "a list": ("jsonld", json.dumps({"@id": "a:b", "a:c": {"@list": [1] * LIST_MAX}})),
    "elements": ("rdf", f"<r xmlns:rdf='{NS}'>{'<a><b/></a>' * DEEP}<!-- {'<a>' * DEEP} --></r>"),
    "a collection": ("rdf", f"<r xmlns:rdf='{NS}'><a rdf:parseType='Collection'>{'<b/>' * 900}</a>{'<c/>' * 900}</r>"),
    "lines": ("nt", '<a:b> <a:b> "[" .\n' * 9),
    "letters": ("csv", "ä論🦉" * 9),
}


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("name", FLAT)
def test_what_is_flat_goes_through_as_it_is(tmp_path: Path, name: str, size: int) -> None:
    form, text = FLAT[name]
    assert screen(tmp_path, form, text, size) == text


REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "brackets": ("ttl", "<a:b> <a:b>\n" + "[<a:b> " * DEEP, "line 2: nested"),
    "lists": ("ttl", "<a:b> <a:b>\n" + "(" * DEEP, "line 2: nested"),
    "after an escaped name": ("ttl", "<a:b> <a:b> a:b\\#\n" + "(" * DEEP, "line 2: nested"),
    "after an escaped IRI": ("ttl", "<a:b> <a:b> <a:\\u003e#>\n" + "(" * DEEP, "line 2: nested"),
    "after an IRI with a space of another script": ("ttl", "<a:b> <a:b\u3000#> \n" + "(" * DEEP, "line 2: nested"),
    "after a string that ends in a backslash": ("ttl", '<a:b> <a:b> "\\\\",\n' + "(" * DEEP, "line 2: nested"),
    "triple terms": ("ttl", "<a:b> <a:b>\n" + "<<( <a:b> <a:b> " * DEEP, "line 2: nested"),
    "arrays": ("jsonld", "\n" + "[" * DEEP, "line 2: nested"),
    "objects": ("jsonld", "\n" + '{"\\"]":' * DEEP, "line 2: nested"),
    "elements": ("rdf", "<a>\n" * DEEP, f"line {DEEP}: nested"),
    "a declaration": ("rdf", "<a/>\n<!DocType r>", "line 2: document type"),
    "an entity": ("rdf", "\n\n<!ENTITY r>", "line 3: document type"),
    "a list": ("jsonld", '{"a:b": {"@list"\n:\n[' + "1," * LIST_MAX, "line 3: a list of more"),
    "a collection": (
        "rdf",
        f"<r xmlns:x='{NS}'>\n<a x:parseType='Collection'>" + "<b/>" * (LIST_MAX + 1),
        "line 2: a list of more",
    ),
    "no letters": ("csv", b"a\n\xc3\xa4\xff", "line 2: byte 0xff is not UTF-8"),
    "half a letter": ("csv", b"a\n\xc3", "line 2: byte 0xc3 is not UTF-8"),
}


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_deep_is_refused_with_its_line(tmp_path: Path, name: str, size: int) -> None:
    form, text, told = REFUSED[name]
    with pytest.raises(Refused, match=told):
        screen(tmp_path, form, text, size)


LONG = WORD_MAX + screening.PIECE + 1


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("ttl", '<a:b> <a:b>\n"' + "x" * LONG),
        ("ttl", '<a:b> <a:b>\n"""' + "x " * LONG),
        ("ttl", "<a:b> <a:b>\n<" + "x" * LONG),
        ("ttl", "<a:b> <a:b>\n<" + "x\u00a0" * LONG),
        ("ttl", "<a:b> <a:b>\n#" + "x " * LONG),
        ("ttl", "<a:b> <a:b>\n" + " " * LONG),
        ("nt", "<a:b> <a:b>\n" + "x" * LONG),
        ("jsonld", '{\n"' + "x" * LONG),
        ("jsonld", '{\n"' + '\\"' * LONG),
        ("jsonld", "{\n" + "1" * LONG),
        ("rdf", "<a>\n<b>" + "x " * 2 * LONG),
        ("rdf", "<!-- -->\n<a><b c='" + "x" * 3 * LONG),
    ],
)
def test_what_is_long_is_refused_with_its_line(tmp_path: Path, format: str, text: str) -> None:
    most = f"{XML_MAX} bytes" if format == "rdf" else f"{WORD_MAX} characters"
    with pytest.raises(Refused, match=f"line 2: here begins what is over {most} long"):
        screen(tmp_path, format, text)


def test_a_reader_gets_the_bytes_without_a_mark_in_front(tmp_path: Path) -> None:
    path = tmp_path / "file.ttl"
    path.write_bytes(b"\xef\xbb\xbf" + "<a:b> <a:b> 'ä', 'b'.".encode())
    with Screened(path, "ttl") as file:
        assert file.readall() == "<a:b> <a:b> 'ä', 'b'.".encode()
