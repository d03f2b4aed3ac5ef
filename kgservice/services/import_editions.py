"""What an import does to editions: a text that it changes is no longer the one that was reviewed."""

from collections.abc import Collection

from kgservice.model.editions import edited
from kgservice.model.glossary import Glossary
from kgservice.model.terms import Term
from kgservice.rdf import mapping
from kgservice.rdf.ntriples import Triple


def editions_followed(
    before: Term, after: Term, glossary: Glossary, told: Collection[str], *, all_languages: bool
) -> tuple[set[Triple], set[Triple]]:
    """The triples of editions that go and that come when an import changes a term.

    Languages whose edition the file itself tells stay as it tells them. An edition is made where there was none only
    with `all_languages`: for the formats of editors, which cannot tell editions.
    """
    drafts = edited(before, after, glossary.languages[0])
    new = {
        lang: edition
        for lang, edition in drafts.items()
        if lang not in told and (lang in before.editions or all_languages) and edition != after.editions.get(lang)
    }
    removed: set[Triple] = set()
    added: set[Triple] = set()
    for lang, edition in new.items():
        if lang in after.editions:
            removed |= set(mapping.edition_triples(after.home, after.iri, lang, after.editions[lang]))
        added |= set(mapping.edition_triples(after.home, after.iri, lang, edition))
    return removed - added, added - removed
