"""Search: what is found, in which order, and that each write keeps the index in step."""

import random
from dataclasses import replace

import pytest
import sqlalchemy as sa

from kgservice.model.folding import entries, fold, grams
from kgservice.model.languages import Languages
from kgservice.model.terms import Term
from kgservice.services.searching import Found, search, suggest
from kgservice.store import tables
from kgservice.store.checking import check
from kgservice.store.search_index import rank, stable_id
from kgservice.store.searching import RANKED
from kgservice.store.store import Store
from tests.bench.search import KINDS, Kind, fill, made_up_labels, queries
from tests.conftest import make_term, put_terms

EN = Languages(("en",), ("en", "ja"))
JA = Languages(("ja",), ("en", "ja"))


def termed(slug: str, **texts: dict[str, tuple[str, ...]]) -> Term:
    return replace(make_term(slug), texts=texts)


def slugs(found: Found) -> list[str]:
    return [hit.slug for hit in found.hits]


def told(found: Found) -> tuple[str, str, str, str]:
    """The first hit: slug, field, language, and the marked part."""
    hit = found.hits[0]
    return hit.slug, hit.field, hit.lang, "".join(text for text, marked in hit.parts if marked)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("NETWORKING", ("networking", "prefLabel", "en", "networking")),
        ("NW", ("networking", "abbreviation", "en", "NW")),
        ("ﾈｯﾄﾜｰｷﾝｸﾞ", ("networking", "prefLabel", "ja", "ネットワーキング")),
        ("ねっとわーき", ("networking", "prefLabel", "ja", "ネットワーキ")),
        ("ろんり", ("logic", "reading", "ja", "ろんり")),
        ("散シ", ("distributed-systems", "prefLabel", "ja", "散シ")),
        ("security network", ("network-security", "prefLabel", "en", "networksecurity")),
        ("load-balancing", ("load-balancing", "prefLabel", "en", "load balancing")),
    ],
)
def test_the_seed_is_found(store: Store, query: str, expected: tuple[str, ...]) -> None:
    assert told(search(store, query, EN, 5)) == expected


@pytest.fixture
def packets(empty_store: Store) -> Store:
    """Two terms: one of them speaks of packets in its texts alone, the other's label has the word in the singular."""
    networking: dict[str, dict[str, tuple[str, ...]]] = {
        "prefLabel": {"en": ("networking",), "ja": ("ネットワーキング",)},
        "fullDefinition": {"en": ("Data is cut into **packets**.",), "ja": ("パケットに分け、パケットを送る。",)},
    }
    switching = make_term("switching", label="packet switching")
    put_terms(empty_store, termed("networking", **networking), switching)
    return empty_store


def test_slips_are_forgiven_and_texts_are_read(packets: Store) -> None:
    assert told(search(packets, "netwrok", EN, 5)) == ("networking", "prefLabel", "en", "network")
    assert told(search(packets, "パケット", EN, 5)) == ("networking", "fullDefinition", "ja", "パケットパケット")
    labelled, read = search(packets, "packets", EN, 5).hits
    assert (labelled.slug, labelled.field) == ("switching", "prefLabel"), "a label that is nearly it goes first"
    assert (read.slug, read.field, read.lang) == ("networking", "fullDefinition", "en")
    assert [text for text, marked in read.parts if marked] == ["packets"]


@pytest.mark.parametrize(("query", "word"), [("netwrok", "network"), ("packets", "packet"), ("パケット", "パケット")])
def test_the_seed_has_a_label_for_it_and_that_is_found_first(store: Store, query: str, word: str) -> None:
    first = search(store, query, EN, 5).hits[0]
    assert first.field == "prefLabel" and "".join(text for text, _ in first.parts).startswith(word)


@pytest.mark.parametrize(
    ("query", "languages", "expected"),
    [
        ("back propagation", EN, ("backpropagation", "prefLabel", "en", "backpropagation")),
        ("what is a gradient", EN, ("gradient", "prefLabel", "en", "gradient")),
        ("how does caching work", EN, ("cache", "altLabel", "en", "caching")),
        ("TLS とは", JA, ("tls", "prefLabel", "ja", "TLS")),
        ("kubernets", EN, ("container-orchestration", "fullDefinition", "en", "Kubernetes")),
    ],
)
def test_what_a_person_would_expect_comes_first(
    store: Store, query: str, languages: Languages, expected: tuple[str, ...]
) -> None:
    assert told(search(store, query, languages, 5)) == expected


def test_where_no_text_has_all_words_one_will_do_the_rarest_first(empty_store: Store) -> None:
    rare = termed("rare", prefLabel={"en": ("a",)}, definition={"en": ("A zebra.",)})
    common = [termed(f"t{n}", prefLabel={"en": (f"b{n}",)}, definition={"en": ("A horse.",)}) for n in range(9)]
    put_terms(empty_store, rare, *common)
    assert slugs(search(empty_store, "horses or zebra", EN, 20))[0] == "rare"
    assert slugs(search(empty_store, "horse zebra", EN, 20))[:2] == ["rare", "t0"]
    assert slugs(suggest(empty_store, "horse zebra", EN, 20)) == []


def test_better_matches_come_first(empty_store: Store) -> None:
    put_terms(
        empty_store,
        termed("text", prefLabel={"en": ("other",)}, definition={"en": ("About a net.",)}),
        termed("inside", prefLabel={"en": ("intranet",)}),
        termed("word", prefLabel={"en": ("wide net",)}),
        termed("alternative", prefLabel={"en": ("web",)}, altLabel={"en": ("netting",)}),
        termed("prefix", prefLabel={"en": ("network",)}),
        termed("named", prefLabel={"en": ("grid",)}, abbreviation={"en": ("NET",)}),
        termed("exact", prefLabel={"en": ("net",)}),
    )
    found = search(empty_store, "net", EN, 10)
    assert slugs(found)[:4] == ["exact", "named", "prefix", "alternative"]
    assert set(slugs(found)[4:6]) == {"word", "inside"} and slugs(found)[6] == "text"
    assert slugs(suggest(empty_store, "net", EN, 10)) == slugs(found)[:6]
    assert search(empty_store, "net", EN, 2).truncated and not found.truncated


def test_terms_that_others_depend_on_come_first_and_that_is_kept(empty_store: Store) -> None:
    put_terms(empty_store, make_term("net-a"), make_term("net-b"), make_term("x", prerequisite=["net-b"]))
    assert slugs(search(empty_store, "net", EN, 5)) == ["net-b", "net-a"]
    put_terms(empty_store, make_term("x", prerequisite=["net-a"]))
    assert slugs(search(empty_store, "net", EN, 5)) == ["net-a", "net-b"]
    put_terms(empty_store, make_term("y", prerequisite=["net-b"]), make_term("z", prerequisite=["net-b"]))
    assert slugs(search(empty_store, "net", EN, 5)) == ["net-b", "net-a"]
    assert check(empty_store).findings == []


def test_the_readers_language_goes_before_others(empty_store: Store) -> None:
    put_terms(
        empty_store,
        termed("en-one", prefLabel={"en": ("networks",)}),
        termed("ja-one", prefLabel={"ja": ("Networking",)}),
    )
    assert slugs(search(empty_store, "netw", EN, 5)) == ["en-one", "ja-one"]
    assert slugs(search(empty_store, "netw", JA, 5)) == ["ja-one", "en-one"]


def test_each_write_is_searched_at_once(empty_store: Store) -> None:
    put_terms(empty_store, termed("t", prefLabel={"en": ("first",)}, definition={"en": ("something",)}))
    put_terms(empty_store, termed("t", prefLabel={"en": ("second",)}))
    assert slugs(search(empty_store, "second", EN, 5)) == ["t"]
    assert slugs(search(empty_store, "first", EN, 5)) == slugs(search(empty_store, "something", EN, 5)) == []
    put_terms(empty_store, replace(termed("t", prefLabel={"en": ("second",)}), deprecated=True))
    assert slugs(search(empty_store, "second", EN, 5)) == []


def test_search_is_rebuilt_and_checked(packets: Store) -> None:
    def rows() -> list[list[str]]:
        with packets.read() as connection:
            searched = (tables.search_term, tables.search_key, tables.search_text)
            return [sorted(map(str, connection.execute(sa.select(table)))) for table in searched]

    before, found = rows(), search(packets, "packets", EN, 5)
    assert all(before) and found.hits
    packets.rebuild()
    assert rows() == before and check(packets).findings == []
    assert search(packets, "packets", EN, 5) == found


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM search_key WHERE \"key\" = 'networking'", "search_key lacks the row"),
        ("UPDATE search_term SET weight = 99 WHERE id IN (SELECT id FROM search_term LIMIT 1)", "search_term"),
        ("INSERT INTO search_words(search_words) VALUES ('delete-all')", "search: the index of words"),
    ],
)
def test_a_broken_index_is_noticed(packets: Store, damage: str, told: str) -> None:
    with packets.write("test", "", dry_run=True):
        pass
    with packets._engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql(damage)
    assert any(told in finding for finding in check(packets).findings)


def test_a_text_of_many_words_is_found_by_all_of_them(empty_store: Store) -> None:
    words = [f"word{number}" for number in range(60)]
    whole, part = " ".join(words), " ".join(words[:50])
    put_terms(empty_store, termed("t", prefLabel={"en": ("t",)}, definition={"en": (whole,)}))
    put_terms(empty_store, termed("s", prefLabel={"en": ("s",)}, definition={"en": (part,)}))
    assert slugs(search(empty_store, whole, EN, 5)) == ["t"]
    assert set(slugs(search(empty_store, part, EN, 5))) == {"s", "t"}


def test_a_label_longer_than_its_keys_is_found_whole(empty_store: Store) -> None:
    label = "a very long label " * 20
    put_terms(empty_store, termed("t", prefLabel={"en": (label.strip(),)}))
    assert slugs(search(empty_store, label, EN, 5)) == ["t"]
    assert slugs(suggest(empty_store, f"{label}other", EN, 5)) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name != "a slip, Latin"], ids=lambda kind: kind.name)
def test_every_label_that_has_a_query_is_found(made_up: tuple[Store, dict[str, list[str]]], kind: Kind) -> None:
    store, keys = made_up
    labels = made_up_labels(300)
    for query in queries(kind, labels, 400 if kind.name == "infix, CJK 2" else 50):
        expected = {slug for slug, held in keys.items() if _has(held, fold(query))}
        most = 2 * len(expected) + 20 if len(query) > 1 else 300  # what is within a word is found, too
        assert expected <= set(slugs(suggest(store, query, EN, most))), query


def _has(labels: list[str], key: str) -> bool:
    """Whether a label has the key where it can be entered: in a word of letters, three of them are left."""
    anywhere = len(key) >= 3 or len(grams(key)) > 1 or key >= "ぁ"
    return any(key in label if anywhere else f" {key}" in f" {label}" for label in labels)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "fix" in kind.name], ids=lambda kind: kind.name)
def test_the_order_is_that_of_ranking_everything(made_up: tuple[Store, dict[str, list[str]]], kind: Kind) -> None:
    store, _ = made_up
    labels = made_up_labels(300)
    with store.read() as connection:
        weights = {row.id: row.weight for row in connection.execute(sa.select(tables.search_term))}
    held = [
        (slug, stable_id(f"http://localhost:8000/id/{slug}"), lang, key, depth)
        for slug, by_language in labels.items()
        for lang, label in by_language.items()
        for key, depth in entries(label, lang).items()
    ]
    for query in [one for one in queries(kind, labels, 30) if " " not in fold(one)]:
        asked = fold(query)
        found = sorted(
            (
                *((3 if depth else key != asked), lang != "en", depth if key != asked else 0),
                *(rank("prefLabel", weights[term], key), depth, key, term, lang, slug),
            )
            for slug, term, lang, key, depth in held
            if key.startswith(asked)
        )
        expected = list(dict.fromkeys(one[-1] for one in found))
        assert slugs(suggest(store, query, EN, 300)) == expected, query
        if len(found) <= RANKED // 2:
            few = suggest(store, query, EN, 10)
            assert slugs(few) == expected[:10] and few.truncated == (len(expected) > 10), query


def test_that_there_may_be_more_is_told(empty_store: Store) -> None:
    many = tuple(f"nets {number}" for number in range(300))
    named = termed("a", prefLabel={"en": ("web",)}, altLabel={"en": many})
    put_terms(empty_store, named, termed("b", prefLabel={"en": ("netsz",)}))
    first = suggest(empty_store, "nets", EN, 1)
    assert slugs(first) == ["a"] and first.truncated, "those that were looked at are all of one term"
    assert slugs(suggest(empty_store, "nets", EN, 20)) == ["b", "a"]


def test_of_very_many_labels_that_start_with_a_short_key_the_best_are_found(empty_store: Store) -> None:
    needed = termed("z", prefLabel={"en": ("net zero",), "ja": ("網",)}, reading={"ja": ("あみ",)})
    others = [termed(f"a{number}", prefLabel={"en": (f"net {number}",)}) for number in range(RANKED + 50)]
    named = termed("y", prefLabel={"en": ("web",)}, altLabel={"en": ("net",)})
    put_terms(empty_store, needed, named, *others, make_term("x", label="other", prerequisite=["z"]))
    assert slugs(suggest(empty_store, "net", EN, 3))[:2] == ["y", "z"], "what is it, then what others depend on"
    assert slugs(suggest(empty_store, "ne", EN, 3))[0] == "z"
    assert slugs(suggest(empty_store, "あ", JA, 3)) == ["z"]
    assert suggest(empty_store, "n", EN, 3).truncated


def test_what_is_found_is_shown_by_the_labels_of_now(empty_store: Store) -> None:
    put_terms(empty_store, termed("t", prefLabel={"en": ("one",), "ja": ("一",)}))
    put_terms(empty_store, termed("t", prefLabel={"en": ("one",), "ja": ("壱",)}))
    assert suggest(empty_store, "one", JA, 3).hits[0].label == {"en": "one", "ja": "壱"}
    put_terms(empty_store, termed("t", prefLabel={"en": ("one",)}))
    assert suggest(empty_store, "one", JA, 3).hits[0].label == {"en": "one"}
    assert check(empty_store).findings == []


@pytest.mark.parametrize(
    ("query", "languages", "expected"),
    [
        ("process vs thread", EN, "concurrency"),
        ("ニューラルネットワークの仕組み", JA, "neural-network"),
        ("プロセスとスレッドの違い", JA, "concurrency"),
        ("什么是神经网络", Languages(("zh-Hans",), ("en",)), "neural-network"),
        ("Was ist ein Gradient?", Languages(("de",), ("en",)), "gradient"),
    ],
)
def test_a_question_finds_what_it_is_about(store: Store, query: str, languages: Languages, expected: str) -> None:
    assert slugs(search(store, query, languages, 5))[0] == expected


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, dict[str, list[str]]]:
    from kgservice.services.glossaries import make_glossary

    folder = tmp_path_factory.mktemp("made-up") / "data"
    make_glossary(folder, base="http://localhost:8000/", languages=("en",), empty=True)
    store, labels = Store(folder), made_up_labels(300)
    fill(store, labels)
    return store, {slug: [fold(label) for label in held.values()] for slug, held in labels.items()}


def test_variants_of_a_label_find_it(made_up: tuple[Store, dict[str, list[str]]]) -> None:
    store, _ = made_up
    rng = random.Random(7)
    for slug, held in rng.sample(sorted(made_up_labels(300).items()), 100):
        japanese, german = held["ja"], held["de"]
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in held["en"])
        hiragana = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in japanese)
        plain = german.translate(str.maketrans("äöü", "aou")).replace("ß", "ss")
        spelled = german.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
        for variant in (wide, held["en"].upper(), hiragana, plain, spelled, german.upper()):
            assert slug in slugs(search(store, variant, EN, 300)), variant
