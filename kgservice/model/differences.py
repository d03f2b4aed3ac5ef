"""What a change did to a term, in words."""

from collections.abc import Iterator, Mapping

from kgservice.model.terms import Edge, Term


def describe(before: Term | None, after: Term | None, names: Mapping[str, str]) -> list[str]:
    """Each thing that differs, in a few words. `names` has the slugs of terms by IRI; others are told by IRI."""
    if before is None:
        return ["created"] if after else []
    if after is None:
        return ["removed"]
    return [
        *_identity(before, after, names),
        *_texts(before, after),
        *_edges(before, after, names),
        *_editions(before, after),
    ] or ["statements that the model does not know"]


def _identity(before: Term, after: Term, names: Mapping[str, str]) -> Iterator[str]:
    if before.slug != after.slug:
        yield f"renamed from {before.slug} to {after.slug}"
    if before.deprecated != after.deprecated:
        yield "deprecated" if after.deprecated else "in use again"
    if before.replaced_by != after.replaced_by:
        yield f"replaced by {names.get(after.replaced_by, after.replaced_by) if after.replaced_by else 'nothing'}"
    for word, one, other in (
        ("sources", before.sources, after.sources),
        ("quiz", before.quiz, after.quiz),
        ("exactMatch", before.exact_match, after.exact_match),
        ("closeMatch", before.close_match, after.close_match),
        ("notations", before.notations, after.notations),
    ):
        if one != other:
            yield f"{word} changed"


def _texts(before: Term, after: Term) -> Iterator[str]:
    for name in sorted({*before.texts, *after.texts}):
        old, new = before.texts.get(name, {}), after.texts.get(name, {})
        for lang in sorted({*old, *new}):
            if old.get(lang) != new.get(lang):
                how = "added" if lang not in old else "removed" if lang not in new else "changed"
                yield f"{name} in {lang} {how}"


def _edges(before: Term, after: Term, names: Mapping[str, str]) -> Iterator[str]:
    for kind in sorted({*before.edges, *after.edges}):
        old, new = _by_target(before.edges.get(kind, ())), _by_target(after.edges.get(kind, ()))
        for target in sorted(old.keys() ^ new.keys()):
            yield f"{kind} {names.get(target, target)} {'added' if target in new else 'removed'}"
        if any(old[target] != new[target] for target in old.keys() & new.keys()):
            yield f"order or reasons of {kind} changed"


def _by_target(edges: tuple[Edge, ...]) -> dict[str, Edge]:
    return {edge.target: edge for edge in edges}


def _editions(before: Term, after: Term) -> Iterator[str]:
    for lang in sorted({*before.editions, *after.editions}):
        old, new = before.editions.get(lang), after.editions.get(lang)
        if old != new:
            was, now = old.status if old else "none", new.status if new else "none"
            yield f"edition {lang}: {was} → {now}" if was != now else f"edition {lang}: held against its source anew"
