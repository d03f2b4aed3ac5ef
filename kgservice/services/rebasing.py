"""Another base: the IRIs of the glossary, its terms, topics and their own resources, moved in one change."""

from kgservice.errors import Invalid
from kgservice.model.glossary import Glossary, glossary_faults
from kgservice.rdf.ntriples import Triple, parse_line
from kgservice.store import mirror
from kgservice.store.store import Store


def rebase(store: Store, base: str) -> int | None:
    """Move every IRI that starts with the glossary's base; the sequence of the change, None if there is nothing to do.

    Predicates and literals stay. `Invalid` if the new base is none.
    """
    old = store.glossary().base
    if faults := glossary_faults(Glossary(base, ("und",))):
        raise Invalid(faults)
    with store.write("rebase", f"IRIs start with {base}, not with {old}") as change:
        blocks = mirror.all_lines(change.connection)
        held = {parse_line(text) for block in blocks for text in block.split("\n") if text}
        moved = {_moved(triple, f"<{old}", f"<{base}") for triple in held}
        change.stage(held - moved, moved - held)
    return change.seq


def _moved(triple: Triple, old: str, new: str) -> Triple:
    subject, predicate, object_ = triple
    ends = (new + end[len(old) :] if end.startswith(old) else end for end in (subject, object_))
    return next(ends), predicate, next(ends)
