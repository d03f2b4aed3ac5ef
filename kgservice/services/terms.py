"""Terms, lists of terms and languages, as every reader of them asks."""

from collections.abc import Mapping
from typing import TypeVar

from kgservice.errors import NotFound
from kgservice.model.glossary import Glossary
from kgservice.model.languages import Languages
from kgservice.model.views import Spoken, TermView
from kgservice.store import beside, reading
from kgservice.store.graph_reader import read_glossary
from kgservice.store.reading import ALL, Filter, TermItem, TopicItem
from kgservice.store.store import Store

T = TypeVar("T")


def get_term(store: Store, slug: str) -> tuple[TermView, Glossary]:
    """The term with that slug, and the glossary; `NotFound` if there is none."""
    with store.direct.read() as reader:
        view = reading.term_view(reader, slug)
    if view is None:
        raise NotFound(f"there is no term {slug!r}")
    return view, store.glossary()


def spoken_term(store: Store, slug: str, languages: Languages) -> Spoken | None:
    """What is said of a term to readers of these languages, if it is ready.

    It is where one language was asked for, or the first one lacks nothing, so that the others do not count.
    """
    said = beside.spoken_term(store.direct, slug, languages.first)
    return said if said and (said.whole or len(languages.asked) < 2) else None


def list_terms(
    store: Store, *, after: str = "", limit: int = 50, only: Filter = ALL
) -> tuple[list[TermItem], str | None]:
    """The terms after a slug, and the slug after which the next page starts (None at the end)."""
    with store.read() as connection:
        items = reading.term_list(connection, after, limit + 1, only)
    return items[:limit], items[limit - 1].slug if len(items) > limit else None


def list_whole_terms(
    store: Store, *, after: str = "", limit: int = 50, only: Filter = ALL
) -> tuple[list[TermView], str | None]:
    """As `list_terms`, each with all that is known of it."""
    with store.read() as connection:
        slugs = reading.slug_list(connection, after, limit + 1, only)
        views = reading.term_views(connection, slugs[:limit])
    return views, slugs[limit - 1] if len(slugs) > limit else None


def list_topics(store: Store) -> list[TopicItem]:
    """All topics, by slug."""
    with store.read() as connection:
        return reading.topic_list(connection)


def page_of_topics(store: Store, *, after: str, limit: int) -> tuple[list[TopicItem], str | None]:
    """The topics after a slug, and the slug after which the next page starts (None at the end)."""
    with store.read() as connection:
        items = reading.topic_list(connection, after, limit + 1)
    return items[:limit], items[limit - 1].topic.slug if len(items) > limit else None


def list_languages(store: Store) -> dict[str, int]:
    """How many terms have a label in each language: the glossary's languages in their order, then the others by tag."""
    return _languages(store)[1]


def page_of_languages(store: Store, *, after: str, limit: int) -> tuple[dict[str, int], str | None]:
    """The languages after a tag, in the order of `list_languages`, and the tag after which the next page starts."""
    own, counts = _languages(store)
    place = {tag: (own.index(tag) if tag in own else len(own), tag) for tag in (*counts, after)}
    tags = [tag for tag in counts if not after or place[tag] > place[after]]
    return {tag: counts[tag] for tag in tags[:limit]}, tags[limit - 1] if len(tags) > limit else None


def _languages(store: Store) -> tuple[tuple[str, ...], dict[str, int]]:
    """The glossary's own languages, and all that its terms have, as `list_languages` tells them."""
    with store.read() as connection:
        counts = reading.language_counts(connection)
        glossary = read_glossary(connection)
    own = glossary.languages if glossary else ()
    return own, {tag: counts.get(tag, 0) for tag in (*own, *sorted(counts))}


def with_status_only(view: TermView, status: str) -> TermView:
    """The term with its texts in those languages alone whose edition has a status. `NotFound` if none has."""
    tags = {lang for lang, state in view.languages.items() if state["status"] == status}
    if not tags:
        raise NotFound(f"the term {view.slug!r} is in no language {status}")

    def only(texts: Mapping[str, T]) -> dict[str, T]:
        return {lang: value for lang, value in texts.items() if lang in tags}

    quiz = [
        question._replace(
            text=only(question.text),
            explanation=only(question.explanation),
            choices=tuple(choice._replace(text=only(choice.text)) for choice in question.choices),
        )
        for question in view.quiz
    ]
    texts = {name: kept for name, by_language in view.texts.items() if (kept := only(by_language))}
    return view._replace(texts=texts, quiz=tuple(question for question in quiz if question.text))
