"""Hypothesis strategies: whatever the model accepts."""

from hypothesis import strategies as st

from kgservice.model.terms import (
    EDGE_KINDS,
    FIELDS,
    STATUSES,
    Choice,
    Edge,
    Edition,
    Question,
    Source,
    Term,
    edge_order,
)
from kgservice.model.texts import clean_label, clean_text, text_fault
from tests.conftest import BASE

TAGS = st.sampled_from(["en", "ja", "zh-Hant", "pt-BR", "sr-Latn-RS", "de-CH-1901", "x-klingon", "ar"])
_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from(
    '"\\\n\t<>@^_:.#{}\u00a0\u0301\u200d😀'
)


def texts(*, label: bool = False) -> st.SearchStrategy[str]:
    """A text that the model accepts."""
    tidied = st.text(_CHARACTERS, min_size=1, max_size=40).map(clean_label if label else clean_text)
    return tidied.map(lambda value: value or "–").filter(lambda value: text_fault(value, label=label) is None)


def maps(*, label: bool = False, empty: bool = True) -> st.SearchStrategy[dict[str, str]]:
    """One text per language."""
    return st.dictionaries(TAGS, texts(label=label), min_size=0 if empty else 1, max_size=3)


_SLUGS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
_FOREIGN = st.sampled_from(["http://example.org/a", "urn:x:y", "https://example.org/#b", "http://例え.jp/用語"])
_TARGETS = _FOREIGN | _SLUGS.map(lambda slug: f"{BASE}id/{slug}")


@st.composite
def _fields(draw: st.DrawFn) -> dict[str, dict[str, tuple[str, ...]]]:
    chosen = {"prefLabel", *draw(st.sets(st.sampled_from(sorted(FIELDS))))}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in chosen:
        entry = FIELDS[name]
        values = st.sets(texts(label=entry.label), min_size=1, max_size=3 if entry.many else 1)
        drawn = draw(st.dictionaries(TAGS, values.map(lambda v: tuple(sorted(v))), min_size=1, max_size=3))
        found[name] = drawn
    short = found.get("abbreviation", {})
    others = found.pop("altLabel", {})
    kept = {lang: tuple(v for v in values if v not in short.get(lang, ())) for lang, values in others.items()}
    if any(kept.values()):
        found["altLabel"] = {lang: values for lang, values in kept.items() if values}
    return found


def _edge_list(iri: str) -> st.SearchStrategy[tuple[Edge, ...]]:
    edge = st.builds(Edge, _TARGETS.filter(lambda t: t != iri), st.none() | st.integers(1, 99), maps())
    edges = st.lists(edge, min_size=1, max_size=3, unique_by=lambda e: e.target)
    return edges.map(lambda found: tuple(sorted(found, key=edge_order)))


@st.composite
def _quiz(draw: st.DrawFn) -> tuple[Question, ...]:
    questions = []
    for number in range(draw(st.integers(0, 3))):
        count = draw(st.integers(1, 12))
        choices = tuple(Choice(f"q{number}-{i}", draw(maps(empty=False))) for i in range(count))
        answer = draw(st.sampled_from(choices)).id
        questions.append(Question(f"q{number}", draw(maps(empty=False)), choices, answer, draw(maps())))
    return tuple(questions)


@st.composite
def _sources(draw: st.DrawFn) -> tuple[Source, ...]:
    url = st.none() | st.sampled_from(["https://example.org/a?b=c#d", "http://例え.jp/"])
    optional = st.none() | texts(label=True)
    count = draw(st.integers(0, 11))
    return tuple(Source(f"s{i}", draw(texts(label=True)), draw(url), draw(optional)) for i in range(count))


_EDITIONS = st.dictionaries(
    TAGS,
    st.builds(
        Edition,
        st.sampled_from(STATUSES),
        st.none() | TAGS,
        st.none() | _FOREIGN,
        st.none() | texts(label=True),
        st.dictionaries(st.sampled_from(sorted(FIELDS)), st.from_regex(r"[0-9a-f]{16}", fullmatch=True), max_size=3),
    ),
    max_size=3,
)
_DATES = st.none() | st.sampled_from(["2026-11-23", "2026-11-23T01:02:03Z", "2026-11-23T01:02:03.25+09:00"])


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """A term that the model accepts, with anything in it."""
    slug = draw(_SLUGS)
    home = f"{BASE}id/{slug}"
    iri = draw(st.sampled_from([home, "http://example.org/concept/1"]))
    kinds = draw(st.sets(st.sampled_from(EDGE_KINDS)))
    iris = st.sets(_FOREIGN, max_size=2).map(lambda found: tuple(sorted(found)))
    return Term(
        iri=iri,
        slug=slug,
        home=home,
        texts=draw(_fields()),
        edges={kind: draw(_edge_list(iri)) for kind in kinds},
        quiz=draw(_quiz()),
        sources=draw(_sources()),
        editions=draw(_EDITIONS),
        exact_match=draw(iris),
        close_match=draw(iris),
        notations=draw(st.sets(texts(label=True), max_size=2).map(lambda found: tuple(sorted(found)))),
        created=draw(_DATES),
        modified=draw(_DATES),
        deprecated=draw(st.booleans()),
        replaced_by=draw(st.none() | _TARGETS),
    )
