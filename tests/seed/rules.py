"""What a seed term has to have. Each rule yields what is wrong, in words for its author; nothing yielded is right."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from kgservice.model.terms import Question, Term

FULL = ("en", "ja")
"""Languages in which every field is there; the others have a label and a definition."""

COMPLETE = ("prefLabel", "altLabel", "definition", "fullDefinition", "eli5", "deepDive", "scopeNote", "example")
PROSE = ("definition", "fullDefinition", "eli5", "deepDive", "scopeNote", "example")
DEEP_DIVE = {"en": (120, 250), "ja": (300, 1000)}
"""Words in English, characters in Japanese."""

_KANA = re.compile(r"[ぁ-ゖァ-ヺー・ ]+")
_STOP = re.compile(r"(?<=[.!?؟])\s+|(?<=[。！？])\s*|\n+")
_LAZY = re.compile(
    r"all of (the|these)|none of (the|these)|both [ab] and|上記(の)?すべて|上記のいずれでもない|以上すべて",
    re.IGNORECASE,
)

Rule = Callable[[Term, tuple[str, ...]], Iterator[str]]


def term_rules(term: Term, languages: tuple[str, ...]) -> list[str]:
    """All that is wrong in one term of a glossary in these languages."""
    rules: tuple[Rule, ...] = (_texts, _reading, _lengths, _editions, _edges, _quiz, _sources)
    return [told for rule in rules for told in rule(term, languages)]


def coverage(terms: Iterable[Term], languages: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """How many terms have each field in each language."""
    found: Counter[tuple[str, str]] = Counter()
    for term in terms:
        found.update((lang, name) for name in (*COMPLETE, "reading") for lang in term.texts.get(name, {}))
        asked = [question.text.keys() & question.explanation.keys() for question in term.quiz]
        found.update((lang, "quiz") for lang in languages if asked and all(lang in one for one in asked))
    return {(lang, name): found[lang, name] for lang in languages for name in (*COMPLETE, "reading", "quiz")}


def _one(term: Term, name: str, lang: str) -> str:
    return next(iter(term.texts.get(name, {}).get(lang, ())), "")


def _texts(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    for lang in languages:
        for name in COMPLETE if lang in FULL else ("prefLabel", "definition"):
            values = term.texts.get(name, {}).get(lang, ())
            short = term.texts.get("abbreviation", {}).get(lang, ())
            if not values and not (name == "altLabel" and short):
                yield f"{name}.{lang} is missing"


def _reading(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    reading = _one(term, "reading", "ja")
    if not _KANA.fullmatch(reading):
        yield f"reading.ja is {reading!r}, not kana"
    if set(term.texts.get("reading", {})) - {"ja"}:
        yield "reading is for Japanese only"


def _lengths(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    for lang in FULL:
        if (paragraphs := _one(term, "fullDefinition", lang).count("\n\n") + 1) != 2:
            yield f"fullDefinition.{lang} has {paragraphs} paragraphs, not two"
        deep = _one(term, "deepDive", lang)
        size = len(deep.split()) if lang == "en" else len(re.sub(r"\s", "", deep))
        low, high = DEEP_DIVE[lang]
        if not low <= size <= high:
            yield f"deepDive.{lang} has {size} {'words' if lang == 'en' else 'characters'}, not {low} to {high}"
    for lang in languages:
        if (count := len(list(sentences(_one(term, "definition", lang))))) > 2:
            yield f"definition.{lang} has {count} sentences, not one or two"


def _editions(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    """No native speaker has read any text yet; a rule that says otherwise has to name who did."""
    for lang in languages:
        edition = term.editions.get(lang)
        status, origin = ("draft", None) if lang == "en" else ("machine-translated", "en")
        if edition is None:
            yield f"editions.{lang} is missing"
        elif (edition.status, edition.derived_from) != (status, origin) and not edition.credit:
            yield f"editions.{lang} is {edition.status} from {edition.derived_from}, not {status} from {origin}"
        elif edition.licence is None:
            yield f"editions.{lang} has no licence"


def _edges(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    for kind, edges in term.edges.items():
        positions = [edge.position for edge in edges]
        if positions != list(range(1, len(edges) + 1)):
            yield f"{kind}: the positions are {positions}, not 1 to {len(edges)}"
        for edge in edges:
            for lang in FULL:
                if not edge.reason.get(lang):
                    yield f"{kind} {edge.target.rpartition('/')[2]} has no reason in {lang}"
    if len(term.edges.get("prerequisite", ())) > 5:
        yield "more than five prerequisites: nobody can read the diagram"


def _quiz(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    if len(term.quiz) != 3:
        yield f"the quiz has {len(term.quiz)} valid questions, not three"
    for question in term.quiz:
        if [choice.id for choice in question.choices] != [f"{question.id}-{letter}" for letter in "abcd"]:
            yield f"{question.id} has not the choices a, b, c, d in order"
        for lang in FULL:
            yield from _question(question, lang)
    if len({letter(question) for question in term.quiz}) < len(term.quiz):
        yield "two questions have the right choice in the same place"


def _question(question: Question, lang: str) -> Iterator[str]:
    where = f"{question.id}.{lang}"
    texts = [choice.text.get(lang, "") for choice in question.choices]
    if not question.text.get(lang) or not question.explanation.get(lang) or not all(texts):
        yield f"{where} lacks its text, its explanation or a choice"
        return
    if len(set(texts)) < len(texts):
        yield f"{where} has the same choice twice"
    shortest, longest = min(map(len, texts)), max(map(len, texts))
    if longest > 1.8 * shortest + 6:
        yield f"{where}: choices have {shortest} to {longest} characters; make them of similar length"
    if any(_LAZY.search(text) for text in texts):
        yield f"{where} has a choice like 'all of the above'"


def _sources(term: Term, languages: tuple[str, ...]) -> Iterator[str]:
    if not 1 <= len(term.sources) <= 4:
        yield f"{len(term.sources)} sources, not one to four"
    for source in term.sources:
        if not source.url and not source.identifier:
            yield f"{source.id} has neither identifier nor address"


def letter(question: Question) -> str:
    """The place of the right choice: a, b, c or d."""
    return question.answer.rpartition("-")[2]


def right_is_longest(question: Question, lang: str) -> bool:
    """Whether the right choice alone is the longest in that language."""
    right, *others = _lengths_of_choices(question, lang)
    return right > max(others)


def right_is_shortest(question: Question, lang: str) -> bool:
    """Whether the right choice alone is the shortest in that language."""
    right, *others = _lengths_of_choices(question, lang)
    return right < min(others)


def _lengths_of_choices(question: Question, lang: str) -> list[int]:
    """How long the choices are, the right one first."""
    ordered = sorted(question.choices, key=lambda choice: choice.id != question.answer)
    return [len(choice.text[lang]) for choice in ordered]


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, without list marks and emphasis."""
    for piece in _STOP.split(text):
        sentence = re.sub(r"^[-*\d.) ]+|[*_`]", "", piece).strip()
        if sentence:
            yield sentence


def own_sentences(term: Term) -> dict[tuple[str, str], str]:
    """The sentences of all prose of a term, by language and wording, with the field. Labels and choices are none."""
    found: dict[tuple[str, str], str] = {}
    fields = [(name, term.texts.get(name, {})) for name in PROSE]
    texts = [(name, lang, value) for name, by_lang in fields for lang, values in by_lang.items() for value in values]
    for kind, edges in term.edges.items():
        texts += [(kind, lang, value) for edge in edges for lang, value in edge.reason.items()]
    for question in term.quiz:
        both = (*question.text.items(), *question.explanation.items())
        texts += [(question.id, lang, value) for lang, value in both]
    for name, lang, value in texts:
        found.update({(lang, sentence.casefold()): name for sentence in sentences(value)})
    return found
