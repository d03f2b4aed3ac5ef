"""Import: what is merged, kept, left out and reported; what is refused whole."""

import time
from pathlib import Path

import pytest

from kgservice.errors import Invalid, Unusable
from kgservice.model.views import TermView
from kgservice.services.import_batch import Report
from kgservice.services.importing import import_files
from kgservice.store.checking import check
from kgservice.store.mirror import all_lines
from kgservice.store.reading import term_view
from kgservice.store.store import Store

PREFIXES = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix kg: <https://w3id.org/kgservice/ns#> .
@prefix schema: <https://schema.org/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> .
"""


@pytest.fixture
def load(empty_store: Store, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Imports a text as a file of that name."""

    def run(name: str, content: str | bytes, **options: object) -> Report:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_files(empty_store, [path], **options)  # type: ignore[arg-type]

    return run


def view(store: Store, slug: str) -> TermView:
    with store.read() as connection:
        found = term_view(connection, slug)
    assert found is not None, slug
    return found


def lines(store: Store) -> list[str]:
    with store.read() as connection:
        return [line for block in all_lines(connection) for line in block.split("\n") if line]


def told(report: Report) -> list[str]:
    return [f"{p.severity} {p.where}: {p.message}" for p in report.problems]


SMALL = PREFIXES + (
    'ex:a a skos:Concept ; skos:prefLabel "Alpha"@en ; skos:related ex:b ; skos:narrower ex:c ;\n'
    '  ex:other "kept", 042 .\n'
    'ex:b a skos:Concept ; skos:prefLabel "Beta"@EN ; skos:altLabel "B"@en, "Be"@en .\n'
    'ex:c a skos:Concept ; skos:prefLabel "Gamma"@zh-hant .\n'
)


def test_a_concept_becomes_a_term_under_its_own_iri(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    report = load("a.ttl", SMALL)
    assert report.created == ["alpha", "beta", "gamma"] and report.seq == 2
    alpha = view(empty_store, "alpha")
    assert alpha.iri == "http://example.org/a"
    assert [ref.slug for ref in alpha.neighbours["related"]] == ["beta"]
    assert [ref.slug for ref in view(empty_store, "beta").neighbours["related"]] == ["alpha"]
    assert [ref.slug for ref in view(empty_store, "gamma").neighbours["broader"]] == ["alpha"]
    assert view(empty_store, "gamma").texts["prefLabel"] == {"zh-Hant": ["Gamma"]}
    assert '<http://example.org/a> <http://example.org/other> "kept" .' in lines(empty_store)
    assert check(empty_store).findings == []


def test_literals_are_canonical_before_they_are_logged_and_counted(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    report = load("a.ttl", SMALL)
    assert "info a.ttl: 1 literals were brought to their canonical form" in told(report)
    assert any('"42"^^<http://www.w3.org/2001/XMLSchema#integer>' in line for line in lines(empty_store))


@pytest.mark.parametrize("name", ["a.rdf", "a.nt", "a.jsonld"])
def test_every_rdf_syntax_gives_the_same(load, empty_store: Store, name: str) -> None:  # type: ignore[no-untyped-def]
    from rdflib import Graph

    formats = {"a.rdf": "pretty-xml", "a.nt": "nt", "a.jsonld": "json-ld"}
    load(name, Graph().parse(data=SMALL, format="turtle").serialize(format=formats[name]))
    held = lines(empty_store)
    again = load("a.ttl", SMALL)
    assert again.seq is None and lines(empty_store) == held


def test_an_import_replaces_field_and_language_and_deletes_nothing(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("a.ttl", SMALL)
    more = PREFIXES + (
        'ex:b a skos:Concept ; skos:prefLabel "Beta two"@en, "ベータ"@ja ;\n'
        '  skos:altLabel "Bee"@en ; skos:related ex:c .\n'
    )
    report = load("b.ttl", more)
    assert (report.created, report.updated, report.unchanged) == ([], ["beta", "gamma"], [])
    beta = view(empty_store, "beta")
    assert beta.texts["prefLabel"] == {"en": ["Beta two"], "ja": ["ベータ"]}
    assert beta.texts["altLabel"] == {"en": ["Bee"]}
    assert {ref.slug for ref in beta.neighbours["related"]} == {"alpha", "gamma"}
    assert load("b.ttl", more).unchanged == ["beta", "gamma"]


def test_abbreviations_survive_new_alternative_labels(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("t.csv", "slug,prefLabel@en,abbreviation@en,altLabel@en\nx,Ex,EX,one|two\n")
    load("t.csv", "slug,altLabel@en\nx,three\n")
    texts = view(empty_store, "x").texts
    assert texts["abbreviation"] == {"en": ["EX"]} and texts["altLabel"] == {"en": ["three"]}


def test_blank_nodes_get_the_same_iris_every_time(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = SMALL + 'ex:a ex:note [ ex:p "1" ; ex:q [ ex:p "2" ] ], [ ex:p "3" ] .\n_:x ex:p _:y . _:y ex:p _:x .\n'
    report = load("a.ttl", text)
    assert "info a.ttl: 5 blank nodes were given IRIs" in told(report)
    other = text.replace("_:x", "_:m").replace("_:y", "_:n")
    assert load("b.ttl", other).seq is None
    assert not any(line.startswith("_:") or " _:" in line for line in lines(empty_store))


def test_a_list_stays_in_one_piece_whatever_its_nodes_are_called_in_memory(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    items = [str(number) for number in range(24)]
    text = SMALL + f"ex:a ex:parts ({' '.join(items)}) ."
    load("a.ttl", text)
    for _ in range(3):  # labels of blank nodes are random for each parse
        assert load("a.ttl", text).seq is None
    first: dict[str, str] = {}
    rest: dict[str, str] = {}
    for line in lines(empty_store):
        subject, predicate, object_ = line.removesuffix(" .").split(" ", 2)
        for end, found in (("first", first), ("rest", rest), ("parts", rest)):
            if predicate.endswith((f"#{end}>", f"/{end}>")):
                assert subject not in found
                found[subject] = object_
    node, held = rest["<http://example.org/a>"], []
    while node in first:
        held.append(first.pop(node).split('"')[1])
        node = rest[node]
    assert held == items and not first


def test_own_resources_are_found_wherever_they_are_named(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + (
        'ex:a a skos:Concept ; skos:prefLabel "Alpha"@en ; kg:prerequisite ex:b ;\n'
        "  kg:edge [ a kg:Edge ; kg:edgeKind kg:prerequisite ; kg:target ex:b ; kg:position 1 ;\n"
        "    kg:reason 'since'@en ] ;\n"
        "  kg:question [ a kg:Question ; kg:position 1 ; schema:text 'What?'@en ; kg:answer ex:right ;\n"
        "    kg:choice ex:right, [ a kg:Choice ; kg:position 2 ; schema:text 'No'@en ] ] ;\n"
        "  dcterms:source ex:book ; kg:edition ex:en .\n"
        "ex:right a kg:Choice ; kg:position 1 ; schema:text 'Yes'@en .\n"
        'ex:book a kg:Source ; kg:position 1 ; dcterms:title "A book" .\n'
        'ex:en a kg:Edition ; dcterms:language "en" ; kg:status kg:reviewed .\n'
        'ex:b a skos:Concept ; skos:prefLabel "Beta"@en .\n'
    )
    load("a.ttl", text)
    alpha = view(empty_store, "alpha")
    assert alpha.neighbours["prerequisite"][0].reason == {"en": "since"}
    assert [choice.text["en"] for choice in alpha.quiz[0].choices] == ["Yes", "No"]
    assert alpha.quiz[0].answer == alpha.quiz[0].choices[0].id
    assert alpha.sources[0].title == "A book" and alpha.languages["en"]["status"] == "reviewed"
    assert load("a.ttl", text).seq is None
    assert check(empty_store).findings == []


def test_a_file_brings_no_review_of_those_who_may_not_review(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + (
        "ex:a a skos:Concept ; skos:prefLabel 'Alpha'@en, 'アルファ'@ja ; kg:edition ex:en, ex:ja .\n"
        "ex:en a kg:Edition ; dcterms:language 'en' ; kg:status kg:reviewed .\n"
        "ex:ja a kg:Edition ; dcterms:language 'ja' ; kg:status kg:humanTranslated .\n"
    )

    def statuses() -> dict[str, str | None]:
        return {lang: state["status"] for lang, state in view(empty_store, "alpha").languages.items()}

    report = load("a.ttl", text, may_review=False)
    assert told(report) == ["warning alpha: en is told as reviewed; it is a draft until a reviewer has read it"]
    assert statuses() == {"en": "draft", "ja": "human-translated"}
    load("a.ttl", text)
    assert statuses()["en"] == "reviewed"
    assert load("a.ttl", text, may_review=False).seq is None and statuses()["en"] == "reviewed"
    load("a.ttl", text.replace("Alpha", "Alef"), may_review=False)
    assert statuses()["en"] == "draft"
    assert check(empty_store).findings == []


def test_slugs_of_labels_that_clash_get_the_end_of_the_iri(load) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + "".join(
        f'ex:{name} a skos:Concept ; skos:prefLabel "{label}"@{tag} .\n'
        for name, label, tag in (("a", "Same", "en"), ("b", "Same", "en"), ("c", "論理", "ja"), ("d", "Other", "en"))
    )
    assert load("a.ttl", text).created == ["same-a", "same-b", "c", "other"]
    assert load("a.ttl", text).seq is None


def test_a_slug_that_two_terms_claim_is_an_error(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = SMALL + 'ex:a kg:slug "one" . ex:b kg:slug "one" .'
    before = empty_store.head()
    with pytest.raises(Invalid, match="'one' is claimed by both"):
        load("a.ttl", text)
    assert empty_store.head() == before


def test_a_circle_of_prerequisites_is_an_error(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("t.csv", "slug,prefLabel@en\na,A\nb,B\nc,C\n")
    before = empty_store.head()
    with pytest.raises(Invalid, match=r"in a circle: .*e\.csv: line") as caught:
        load("e.csv", "from,to,kind,reason\na,b,prerequisite,\na,c,related,\nb,c,prerequisite,\nc,a,prerequisite,\n")
    assert {part.strip(" ()") for part in str(caught.value).partition("(")[2].split(";")} == {
        *(f"e.csv: line {line}" for line in (2, 4, 5))
    }
    load("e.csv", "from,to,kind,reason\na,b,prerequisite,\n")
    with pytest.raises(Invalid, match=r"circle: (a → b → a|b → a → b) \(e.csv: line 3\)"):
        load("e.csv", "from,to,kind,reason\nb,c,prerequisite,\nb,a,prerequisite,\n")
    alpha = "ex:one a skos:Concept ; skos:prefLabel 'One'@en ; kg:prerequisite ex:two ."
    other = "ex:two a skos:Concept ; skos:prefLabel 'Two'@en ; kg:prerequisite ex:one ."
    with pytest.raises(Invalid, match=r"circle: .*\(f.ttl\)"):
        load("f.ttl", f"{PREFIXES}{alpha}\n{other}")
    assert empty_store.head().seq == before.seq + 1


def test_edges_that_break_a_rule_are_left_out_and_reported(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("t.csv", "slug,prefLabel@en\na,A\nb,B\nc,C\n")
    report = load(
        "e.csv",
        "from,to,kind,reason\na,nowhere,prerequisite,x\nnobody,a,related,\na,a,related,\na,b,likes,\na,b,broader,\n"
        "b,c,broader,\na,c,related,\na,b,prerequisite,why\na,b,prerequisite,again\n",
    )
    assert told(report) == [
        "error e.csv: line 2: the edge prerequisite a → nowhere was left out: there is no such term",
        "error e.csv: line 3: the edge related nobody → a was left out: there is no term that it could start from",
        "error e.csv: line 4: the edge related a → a was left out: it leads to the term itself",
        "error e.csv: line 5: left out: 'likes' is not one of prerequisite, related, broader, narrower",
        (
            "error e.csv: line 8: the edge related a → c was left out: "
            "one of the two is an ancestor of the other (SKOS S27)"
        ),
        "warning e.csv: line 10: left out: it repeats line 9",
    ]
    assert view(empty_store, "a").neighbours["prerequisite"][0].reason == {"en": "why"}
    assert "related" not in view(empty_store, "a").neighbours
    assert not any("nowhere" in line or "nobody" in line for line in lines(empty_store))
    assert check(empty_store).findings == []


def test_records_that_break_a_rule_are_left_out_and_reported(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    report = load(
        "t.csv",
        "slug,prefLabel@en,definition@en\ngood,Good,fine\n,No slug,x\nempty,,x\nbell,Bell,a\x07b\n論,Kanji,x\nshort\n",
    )
    assert report.created == ["good"]
    assert told(report) == [
        "error t.csv: line 3: left out: '' gives no slug",
        "error t.csv: line 4: left out: prefLabel is missing: a term has a label in at least one language",
        "error t.csv: line 5: left out: definition.en has the character U+0007, which is not allowed in text",
        "error t.csv: line 6: left out: '論' gives no slug",
        "error t.csv: line 7: left out: it has 1 cells, the header has 3",
    ]


def test_names_that_are_read_otherwise_are_told(load) -> None:  # type: ignore[no-untyped-def]
    terms = 'slug,prefLabel@en\nBad Slug,A\n"=evil",B\n my-own ,C\na_b,D\nc_d,E\n'
    report = load("t.csv", terms)
    assert report.created == ["a-b", "bad-slug", "c-d", "evil", "my-own"]
    assert told(report) == [
        "info t.csv: 2 names were read with - for _, such as 'a_b'",
        "warning t.csv: line 2: slug 'Bad Slug' was read as 'bad-slug'",
        "warning t.csv: line 3: slug '=evil' was read as 'evil'",
    ]
    edges = "from,to,kind,reason\na_b,Evil,prerequisite,\n"
    report = load("e.csv", edges)
    assert told(report)[1:] == ["warning e.csv: line 2: to 'Evil' was read as 'evil'"]
    assert report.updated == ["a-b"]
    assert load("e.csv", edges).unchanged == ["a-b"] and load("t.csv", terms).unchanged[0] == "a-b"


def test_edges_to_a_record_that_was_left_out_go_with_it(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    report = load("a.ttl", SMALL.replace('skos:prefLabel "Beta"@EN ;', ""))
    assert report.created == ["alpha", "gamma"]
    assert any("left out: prefLabel is missing" in line for line in told(report))
    assert any("the edge related alpha" in line for line in told(report))
    assert "related" not in view(empty_store, "alpha").neighbours


def test_texts_without_a_language_take_the_one_that_is_given(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + 'ex:a a skos:Concept ; skos:prefLabel "Alfa" .'
    assert load("a.ttl", text).created == []
    assert load("a.ttl", text, lang="es").created == ["alfa"]
    assert view(empty_store, "alfa").texts["prefLabel"] == {"es": ["Alfa"]}


def test_a_second_label_in_one_language_is_left_out(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + 'ex:a a skos:Concept ; skos:prefLabel "B"@en, "A"@en ; skos:definition "one"@en, "two"@en .'
    report = load("a.ttl", text)
    assert told(report) == ["error a: a second prefLabel in en was left out: 'B'"]
    assert view(empty_store, "a").texts["definition"] == {"en": ["one"]}
    assert any('"two"@en' in line for line in lines(empty_store))  # SKOS allows it: the graph keeps it
    assert load("a.ttl", text).seq is None


def test_a_dry_run_reports_and_changes_nothing(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    before = empty_store.head()
    report = load("a.ttl", SMALL, dry_run=True)
    assert report.created == ["alpha", "beta", "gamma"] and empty_store.head() == before


def test_topics_come_with_an_import(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load(
        "a.ttl", SMALL + 'ex:t a skos:Collection ; kg:slug "letters" ; skos:prefLabel "Letters"@en ; skos:member ex:a .'
    )
    (topic,) = view(empty_store, "alpha").topics
    assert (topic.slug, topic.label) == ("letters", {"en": "Letters"})


def test_a_foreign_scheme_is_kept_and_ours_is_added(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("a.ttl", SMALL + 'ex:s a skos:ConceptScheme, kg:Glossary ; kg:languages "fr" . ex:a skos:inScheme ex:s .')
    assert empty_store.glossary().languages == ("en", "ja")
    schemes = {line.split()[2] for line in lines(empty_store) if "example.org/a>" in line and "inScheme" in line}
    assert schemes == {"<http://example.org/s>", "<http://localhost:8000/glossary>"}


NS = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/"'
BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<r>&b;</r>'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.ttl", PREFIXES + 'ex:a a skos:Concept ;\n skos:prefLabel "x"@en', "a.ttl: .*line 9"),
        ("a.ttl", "ex:a a ex:b .", "a.ttl: .*prefix"),
        ("a.ttl", b"<a:b> <a:b> '\xff' .", "a.ttl: line 1: byte 0xff is not UTF-8"),
        ("a.ttl", '<a:b> <a:b> "x"@en_US .', "a.ttl: "),
        ("a.rdf", BOMB, "a.rdf: line 1: document type and entity declarations are not read"),
        ("a.rdf", "<rdf/>", "a.rdf: line 1: XML namespaces are required"),
        ("a.rdf", f"<rdf:RDF {NS}>\n<e:D>\n\n</e:F>\n</rdf:RDF>\n", "a.rdf: line 4: mismatched tag"),
        (
            "a.rdf",
            f"<rdf:RDF {NS}>\n<e:D><!--{'x' * 99_999}-->\n<a:b/>\n</e:D>\n</rdf:RDF>\n",
            "a.rdf: line 3: Unknown prefix",
        ),
        ("a.rdf", f"<rdf:RDF {NS}>\n<e:D", "a.rdf: line 2: unclosed token"),
        (
            "a.jsonld",
            '{"@context": "http://127.0.0.1:1/c", "@id": "a:b"}',
            "a.jsonld: .*@context elsewhere, .* not read",
        ),
        ("a.jsonld", "[" * 20_000, "a.jsonld: "),
        ("a.nt", "<a:b> <a:b> .", "a.nt: .*line 1"),
        ("a.yml", "- slug: a\n  en: {term: x", "a.yml: line 3"),
        ("a.yml", "slug: a", "a.yml: line 1: a Glosario file is a list"),
        ("a.yml", b"\xff", "a.yml: line 1: byte 0xff"),
        ("a.csv", "name,label\na,b\n", "a.csv: line 1: the header has neither slug"),
        ("a.csv", "slug,title@en\na,b\n", "a.csv: line 1: column 'title@en'"),
        ("a.csv", "slug,prefLabel@e_n\na,b\n", "a.csv: line 1: column 'prefLabel@e_n'"),
        ("a.csv", "slug,slug\na,b\n", "a.csv: line 1: a column stands twice"),
        ("a.csv", "slug,definition,definition@en\na,b,c\n", "a.csv: line 1: a column stands twice"),
        ("a.csv", 'slug,prefLabel@en\na,"b\n', "a.csv: line 2"),
        ("a.csv", "slug,prefLabel@en\na-b,x\na_b,y\n", "a.csv: line 3: the slug 'a-b' stands in line 2 already"),
        ("a.csv", "", "a.csv: line 1: the header"),
        ("a.xyz", "", "a.xyz: the name does not tell the format"),
    ],
)
def test_an_unreadable_file_says_where_and_why_and_changes_nothing(  # type: ignore[no-untyped-def]
    load, empty_store: Store, name: str, content: str, message: str
) -> None:
    before = empty_store.head()
    with pytest.raises(Unusable, match=f"(?s){message}"):
        load(name, content)
    assert empty_store.head() == before


LINKED = "".join(f"_:b{one} <http://e/p> _:b{other} .\n" for one in range(9) for other in range(9) if one != other)
BOMBS = {
    "linked.nt": (LINKED, "blank nodes with <http://e/p> are too much alike to be told apart; give them IRIs"),
    "alike.ttl": ("<http://e/a> <http://e/p> " + "[<http://e/p> " * 450 + "1" + "]" * 450 + ".", "near <http://e/a>"),
    "deep.ttl": ("<http://e/a> <http://e/p>\n" + "[<http://e/p> " * 30_000, "line 2: nested more than 500 deep; give"),
    "list.ttl": (f"<http://e/a> <http://e/p> ({'1 ' * 30_000}).", "near <http://e/a> hang together in over 20000"),
    "chain.nt": (
        "".join(f"_:b{n} <http://e/p> _:b{n + 1} .\n" for n in range(30_000)),
        "with <http://e/p> hang together in over 20000 triples; give some of them IRIs",
    ),
    "deep.rdf": (f"<rdf:RDF {NS}>\n" + "<e:D><e:p>\n" * 30_000, "line 251: nested more than 500 deep; give"),
    "open.jsonld": ('{"@id": "' + '\\"' * 300_000, ""),
    "deep.jsonld": ('\n{"@id":"http://e/a", "http://e/p": ["}",\n' * 20_000, "line 502: nested more than 500 deep"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_take_minutes_to_read_is_refused_at_once(  # type: ignore[no-untyped-def]
    load, name: str
) -> None:
    content, message = BOMBS[name]
    before = time.monotonic()
    with pytest.raises(Unusable, match=f"{name}: .*{message}"):
        load(name, content)
    assert time.monotonic() - before < 10  # on a busy machine; most of it is the start of a process


def test_lists_that_a_glossary_may_have_are_read(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = SMALL + f"ex:a ex:many ({' '.join(map(str, range(2000)))}) ; ex:alike ({'[ex:p 1] ' * 60}) ."
    report = load("a.ttl", text)
    assert "info a.ttl: 2120 blank nodes were given IRIs" in told(report)
    assert load("a.ttl", text).seq is None


def test_a_missing_file_and_a_bad_language(load, empty_store: Store, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unusable, match="no such file"):
        import_files(empty_store, [tmp_path / "none.ttl"])
    with pytest.raises(Unusable, match="not a language tag"):
        load("a.ttl", SMALL, lang="e_n")


def test_glosario_records_that_are_odd(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    report = load(
        "g.yml",
        "- slug: a\n  en: {term: A, def: '[b](#b)', extra: 1}\n  e_n: {term: x, def: x}\n"
        "  fr: {def: only}\n  ref: [b]\n"
        "- en: {term: No slug, def: x}\n- text\n- slug: b\n  en: {term: B}\n  en: {term: B two}\n",
    )
    assert report.created == ["a", "b"]
    assert [line.partition(": ")[2] for line in told(report) if not line.startswith("info")] == [
        "record 1, line 1: en.extra is not a text that Glosario has; it was left out",
        "record 1, line 1: the key 'e_n' is not a language; its texts were left out",
        "record 1, line 1: fr has no term; it was left out",
        "record 2, line 6: left out: it has no slug",
        "record 3, line 7: left out: a record is a mapping with a slug and languages",
        "record 4, line 8: the key 'en' stands more than once; the last counts",
    ]


def test_a_source_that_two_terms_have_is_kept_with_each(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + (
        'ex:a a skos:Concept ; skos:prefLabel "Alpha"@en ; dcterms:source ex:book .\n'
        'ex:b a skos:Concept ; skos:prefLabel "Beta"@en ; dcterms:source ex:book .\n'
        'ex:book a kg:Source ; kg:position 1 ; dcterms:title "A book" .\n'
    )
    load("a.ttl", text)
    assert [view(empty_store, slug).sources[0].title for slug in ("alpha", "beta")] == ["A book"] * 2
    assert load("a.ttl", text).seq is None
    assert check(empty_store).findings == []


def test_parts_that_lead_in_a_circle_or_have_one_name_do_no_harm(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    text = PREFIXES + (
        'ex:a a skos:Concept ; skos:prefLabel "Alpha"@en ; kg:question <x#q> ; dcterms:source <y#s>, <z#s> .\n'
        "<x#q> a kg:Question ; kg:question <x#q> .\n"
        '<y#s> a kg:Source ; kg:position 1 ; dcterms:title "One" . <z#s> a kg:Source ; dcterms:title "Two" .\n'
    )
    load("a.ttl", text)
    assert [source.title for source in view(empty_store, "alpha").sources] == ["One", "Two"]
    assert load("a.ttl", text).seq is None


def test_a_hierarchy_that_makes_related_terms_ancestors_is_left_out(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("t.csv", "slug,prefLabel@en\na,A\nb,B\nc,C\n")
    load("e.csv", "from,to,kind,reason\na,c,related,\na,b,broader,\n")
    report = load("f.csv", "from,to,kind,reason\nb,c,broader,\n")
    (line,) = told(report)
    assert line.startswith("error f.csv: line 2: the edge broader b → c was left out: it would make related terms")
    assert report.seq is None and check(empty_store).findings == []


def test_a_new_abbreviation_takes_the_place_of_the_old_one(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("t.csv", "slug,prefLabel@en,abbreviation@en,altLabel@en\nx,Ex,ZD,other\n")
    load("t.csv", "slug,abbreviation@en\nx,ZED\n")
    texts = view(empty_store, "x").texts
    assert texts["abbreviation"] == {"en": ["ZED"]} and texts["altLabel"] == {"en": ["other"]}


def test_yaml_scalars_are_texts_and_aliases_are_not_written_out(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    bomb = "".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(9))
    report = load(
        "g.yml",
        f"{bomb}- slug: x\n  no: {{term: 2020-99-99, def: yes}}\n  en: {{term: Ex, def: *a8}}\n  ref: *a8\n",
    )
    assert report.created == ["x"]
    assert view(empty_store, "x").texts["prefLabel"] == {"no": ["2020-99-99"], "en": ["Ex"]}
    assert view(empty_store, "x").texts["definition"] == {"no": ["yes"]}


def test_rewritten_language_tags_are_counted(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    report = load("a.ttl", PREFIXES + 'ex:a a skos:Concept ; skos:prefLabel "א"@iw, "A"@en-Latn, "B"@ZH-hant .')
    assert "info a.ttl: 2 literals were brought to their canonical form" in told(report)
    assert set(view(empty_store, "a").texts["prefLabel"]) == {"he", "en", "zh-Hant"}


def test_slugs_do_not_take_the_home_of_another_term(load, empty_store: Store) -> None:  # type: ignore[no-untyped-def]
    load("a.ttl", PREFIXES + 'ex:x a skos:Concept ; kg:slug "foreign" ; skos:prefLabel "F"@en .')
    with pytest.raises(Invalid, match="own resources under"):
        load("b.ttl", PREFIXES + '<id/foreign> a skos:Concept ; kg:slug "other" ; skos:prefLabel "O"@en .')
