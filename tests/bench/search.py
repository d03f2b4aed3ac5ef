"""Suggestions at 200,000 labels and at 5,000, and what they find of what is there.

`python -m tests.bench.search` fills two glossaries with made-up labels in five languages (words drawn as in real text,
the most frequent ones often), asks each the same kinds of queries, and holds the answers against a scan of all labels.
"""

import argparse
import gc
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate, islice
from pathlib import Path
from typing import NamedTuple

from kgservice.model.folding import fold
from kgservice.model.languages import Languages
from kgservice.model.terms import Edge, Term
from kgservice.services.glossaries import make_glossary
from kgservice.services.searching import search, suggest
from kgservice.store import mirror
from kgservice.store.database import begin_write
from kgservice.store.mirror import Projection
from kgservice.store.store import Store

LANGUAGES = Languages((), ("en", "de", "ja", "zh-Hans", "ar"))
QUERIES = 500
LIMIT = 10
ALL = 5000

Labels = dict[str, dict[str, str]]
"""The label of each term, by slug and language."""


class _Words:
    """Words of an alphabet, the first ones drawn most often, as in any language."""

    def __init__(self, rng: random.Random, letters: str, shortest: int, longest: int, count: int) -> None:
        weights = [1 / place for place in range(1, len(letters) + 1)]
        self.rng = rng
        self.words = ["".join(rng.choices(letters, weights, k=rng.randint(shortest, longest))) for _ in range(count)]
        self.frequencies = list(accumulate(1 / place**0.8 for place in range(1, count + 1)))

    def some(self, fewest: int, most: int, between: str) -> str:
        return between.join(
            self.rng.choices(self.words, cum_weights=self.frequencies, k=self.rng.randint(fewest, most))
        )


@lru_cache(1)
def made_up_labels(terms: int, seed: int = 4) -> Labels:
    """Labels of so many terms in five languages."""
    rng = random.Random(seed)
    han = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
    rng.shuffle(han)
    kana = [chr(code) for code in range(0x30A1, 0x30F4)]
    rng.shuffle(kana)
    english = _Words(rng, "etaoinsrhldcumfpgwybvkxjqz", 3, 10, 8000)
    german = _Words(rng, "enirsatdhulgocmbfwkzvüpäößjyxq", 3, 14, 8000)
    chinese = _Words(rng, "".join(han), 2, 2, 8000)
    katakana = _Words(rng, "".join(kana), 3, 6, 4000)
    arabic = _Words(rng, "اليمونترهبدسعفكحقجشطصخضذثزغظ", 3, 7, 8000)
    return {
        f"t{number}": {
            "en": english.some(1, 3, " "),
            "de": german.some(1, 2, "-").capitalize(),
            "ja": rng.choice((katakana.some(1, 2, ""), chinese.some(1, 2, "") + katakana.some(0, 1, ""))),
            "zh-Hans": chinese.some(1, 3, ""),
            "ar": arabic.some(1, 2, " "),
        }
        for number in range(terms)
    }


def fill(store: Store, labels: Labels, at_once: int = 5000) -> None:
    """Write the terms as a write does, but for the log. Each may depend on one before it."""
    rng = random.Random(1)
    slugs, waiting = list(labels), iter(enumerate(labels.items()))
    while chunk := list(islice(waiting, at_once)):
        projection = Projection(known_glossary=store.glossary())
        for number, (slug, by_language) in chunk:
            iri = f"http://localhost:8000/id/{slug}"
            needs = slugs[int(number * rng.random() ** 3)] if number % 2 else ""
            edges = {"prerequisite": (Edge(f"http://localhost:8000/id/{needs}"),)} if needs else {}
            texts = {"prefLabel": {lang: (label,) for lang, label in by_language.items()}}
            projection.terms[iri] = Term(iri=iri, slug=slug, home=iri, texts=texts, edges=edges)
        with begin_write(store._engine) as connection:
            mirror.write(connection, projection, 2, "2026-01-01T00:00:00.000000Z")


class Kind(NamedTuple):
    """A kind of query: its name, the language that it is in, and how one is taken from a label; None if it has none.

    It is asked by a reader of that language, or of another one.
    """

    name: str
    lang: str
    taken: Callable[[str, random.Random], str | None]
    reader: str | None = None

    def languages(self) -> Languages:
        return Languages((self.reader or self.lang,), LANGUAGES.glossary)


def _infix(length: int) -> Callable[[str, random.Random], str | None]:
    def taken(label: str, rng: random.Random) -> str | None:
        places = [p for p in range(1, len(label) - length + 1) if label[p : p + length].isalpha()]
        return label[(place := rng.choice(places)) : place + length] if places else None

    return taken


def _slip(label: str, rng: random.Random) -> str | None:
    word = label.split(" ")[0]
    place = rng.randrange(1, max(2, len(word) - 1))
    return word[:place] + word[place + 1 : place + 2] + word[place : place + 1] + word[place + 2 :] + "x"


KINDS = (
    Kind("prefix, Latin 1", "en", lambda label, _: label[:1]),
    Kind("prefix, Latin 3", "en", lambda label, _: label[:3]),
    Kind("prefix, Latin 6", "en", lambda label, _: label[:6]),
    Kind("prefix, Arabic 2", "ar", lambda label, _: label[:2]),
    Kind("prefix, CJK 1", "zh-Hans", lambda label, _: label[:1]),
    Kind("prefix, CJK 2", "zh-Hans", lambda label, _: label[:2]),
    Kind("prefix, kana 2", "ja", lambda label, _: label[:2]),
    Kind("CJK 1 asked in en", "zh-Hans", lambda label, _: label[:1], "en"),
    Kind("CJK 2 asked in en", "zh-Hans", lambda label, _: label[:2], "en"),
    Kind("infix, CJK 1", "zh-Hans", _infix(1)),
    Kind("infix, CJK 2", "zh-Hans", _infix(2)),
    Kind("infix, CJK 3", "zh-Hans", _infix(3)),
    Kind("infix, kana 2", "ja", _infix(2)),
    Kind("infix, Latin 3", "de", _infix(3)),
    Kind("infix, Latin 5", "de", _infix(5)),
    Kind("a slip, Latin", "en", _slip),
)


def queries(kind: Kind, labels: Labels, count: int = QUERIES) -> list[str]:
    """Queries of a kind, taken from labels at random."""
    rng = random.Random(kind.name)
    held = list(labels.values())

    def drawn() -> Iterator[str]:
        while True:
            if query := kind.taken(rng.choice(held)[kind.lang], rng):
                yield query

    return list(islice(drawn(), count))


class Times(NamedTuple):
    """Microseconds of a call: CPU and wall, each at the median and at the 99th percentile.

    On a machine that others use, too, the CPU tells what a call costs; wall has their turns in it.
    """

    cpu: float
    cpu99: float
    p50: float
    p99: float


def timed(store: Store, asked: list[str], languages: Languages) -> Times:
    """How long suggestions take, after one round to warm up."""
    for query in asked[:50]:
        suggest(store, query, languages, LIMIT)
    wall, cpu = [], []
    for query in asked:
        start, start_cpu = time.perf_counter(), time.thread_time()
        suggest(store, query, languages, LIMIT)
        cpu.append(time.thread_time() - start_cpu)
        wall.append(time.perf_counter() - start)
    wall.sort()
    cpu.sort()
    middle, late = len(asked) // 2, len(asked) * 99 // 100
    return Times(*(1e6 * one for one in (cpu[middle], cpu[late], wall[middle], wall[late])))


def recall(store: Store, labels: Labels, asked: list[str]) -> tuple[int, int, int]:
    """Of the terms that have a query in a label by a scan of all labels: how many there are, how many search finds.

    The third number counts queries with more terms than are looked at, of which the answer says so.
    """
    keys = [(slug, [fold(label) for label in by_language.values()]) for slug, by_language in labels.items()]
    there = found = cut = 0
    for query in asked:
        key = fold(query)
        expected = {slug for slug, held in keys if any(key in one for one in held)}
        answer = search(store, query, LANGUAGES, ALL)
        got = {hit.slug for hit in answer.hits}
        if answer.truncated:
            cut += 1
            continue
        there += len(expected)
        found += len(expected & got)
    return there, found, cut


def _store(folder: Path, labels: Labels) -> Store:
    make_glossary(folder, base="http://localhost:8000/", languages=LANGUAGES.glossary, empty=True)
    store = Store(folder)
    start = time.perf_counter()
    fill(store, labels)
    took = time.perf_counter() - start
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{len(labels) * 5:7} labels written in {took:.0f} s, {size / 1e6:.0f} MB of database")
    return store


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=200_000)
    parser.add_argument("--scanned", type=int, default=400, help="queries of which recall is counted, by kind")
    chosen = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, Python {platform.python_version()}\n")
    many = made_up_labels(chosen.labels // 5)
    few = dict(islice(many.items(), 1000))
    with tempfile.TemporaryDirectory() as folder:
        small, large = _store(Path(folder, "few"), few), _store(Path(folder, "many"), many)
        gc.collect()
        gc.freeze()  # the labels here are this bench's own: no service has them in memory for its collector to look at
        print(f"\nSuggestions, in process, {QUERIES} queries of each kind, microseconds")
        print(f"{'':18}{'at 5,000 labels':>24}{f'at {chosen.labels:,} labels':>28}{'ratio':>12}")
        print(f"{'':18}" + f"{'CPU':>6}{'p99':>6}{'wall':>6}{'p99':>6}{'':>4}" * 2 + f"{'CPU':>6}{'wall':>6}")
        for kind in KINDS:
            one, other = (
                timed(s, queries(kind, labels), kind.languages()) for s, labels in ((small, few), (large, many))
            )
            cells = "".join(f"{value:6.0f}" for value in one) + " " * 4 + "".join(f"{value:6.0f}" for value in other)
            print(f"{kind.name:18}{cells}    {other.cpu / one.cpu:6.1f}{other.p50 / one.p50:6.1f}")
        print(f"\nRecall at {chosen.labels:,} labels: terms that search finds of those that a scan of all labels finds")
        for kind in (one for one in KINDS if one.name.startswith("infix, CJK 2") or "kana 2" in one.name):
            there, found, cut = recall(large, many, queries(kind, many, chosen.scanned))
            told = f"{found} of {there} ({found / there:.2%}); {cut} with more than {ALL:,}"
            print(f"{kind.name:18}{chosen.scanned} queries: {told}")
        small.close()
        large.close()


if __name__ == "__main__":
    main()
