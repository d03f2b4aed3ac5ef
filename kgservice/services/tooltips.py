"""The glossary as abbreviations of Markdown, from which MkDocs makes tooltips: `*[cache]: what it means`."""

from collections.abc import Iterator
from typing import NamedTuple

from kgservice.model.languages import Languages
from kgservice.model.views import TermView
from kgservice.services.terms import list_whole_terms
from kgservice.store.store import Store

LABELS = ("prefLabel", "altLabel", "abbreviation")


class Tooltips(NamedTuple):
    """The text of the file, how many labels are in it, and what was left out, with the reason."""

    text: str
    labels: int
    left_out: list[str]


def tooltips(store: Store, languages: Languages) -> Tooltips:
    """Each label of each term with the term's short definition, in the language that serves best; sorted."""
    found: dict[str, str] = {}
    owners: dict[str, str] = {}
    left_out = []
    for view in _all_terms(store):
        definition = languages.pick(view.texts.get("definition", {}))
        if definition is None:
            left_out.append(f"{view.slug}: has no definition")
            continue
        for label in _labels(view, languages):
            if any(sign in label for sign in "[]\\"):
                left_out.append(f"{view.slug}: {label!r} has a sign that an abbreviation cannot have")
            elif label in owners:
                left_out.append(f"{view.slug}: {label!r} is a label of {owners[label]}, too")
            else:
                owners[label], found[label] = view.slug, " ".join(definition.value[0].split())
    return Tooltips("".join(f"*[{label}]: {found[label]}\n" for label in sorted(found)), len(found), left_out)


def _all_terms(store: Store) -> Iterator[TermView]:
    after: str | None = ""
    while after is not None:
        views, after = list_whole_terms(store, after=after, limit=200)
        yield from views


def _labels(view: TermView, languages: Languages) -> list[str]:
    """The labels in the language of the one that is shown; a label that is also an abbreviation stands once."""
    shown = languages.choose(view.texts.get("prefLabel", {}))
    values = [value for name in LABELS for value in view.texts.get(name, {}).get(shown or "", ())]
    return list(dict.fromkeys(values))
