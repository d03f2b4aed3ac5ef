"""What breaks a shape: the same as pySHACL finds, whatever is said."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import Graph as RdflibGraph
from rdflib.namespace import SH

from kgservice.config import packaged
from kgservice.model.glossary import Glossary
from kgservice.rdf.mapping import glossary_triples, term_triples
from kgservice.rdf.ntriples import Triple, line
from kgservice.rdf.vocabulary import KG, RDFS, SKOS, XSD
from kgservice.services.seeds import file_terms, read_seed
from kgservice.store.shacl import Shapes
from kgservice.store.shapes import shape_findings
from tests.conftest import BASE

SHAPES = packaged("ontology") / "shapes.ttl"


def _triples() -> list[Triple]:
    """A glossary of three terms, with all kinds of parts."""
    seed = packaged("seed_data") / "terms"
    glossary = Glossary(BASE, ("en", "ja"), {"en": "Terms"})
    files = read_seed([seed / f"{name}.ttl" for name in ("cache", "networking", "memory")], BASE)
    terms = [term for file in files for term in file_terms(file)]
    return sorted(glossary_triples(glossary).union(*(term_triples(term, glossary) for term in terms)))


TRIPLES = _triples()
_OBJECTS = st.sampled_from(
    [
        *('"plain"', '"a b"', '"cache"@en', '"Cache"@ja', '"x"@zh-Hant', f'"{"long-" * 30}"', '""', '"-"'),
        *(f'"{text}"^^<{XSD}integer>' for text in ("1", "0", "-3", "+2", "many")),
        f'"1.5"^^<{XSD}decimal>',
        *(f"<{KG}draft>", f"<{KG}Term>", f"<{SKOS}Concept>", f"<{SKOS}related>", "<ftp://example.org/>"),
    ]
)
_PLACES = st.integers(0, len(TRIPLES) - 1)


@pytest.mark.full
@settings(max_examples=40)
@given(
    lost=st.sets(_PLACES, max_size=8),
    others=st.dictionaries(_PLACES, _OBJECTS | _PLACES.map(lambda place: TRIPLES[place][2]), max_size=12),
    below=st.booleans(),
)
def test_the_findings_are_those_of_pyshacl(lost: set[int], others: dict[int, str], below: bool) -> None:
    kept = {triple for place, triple in enumerate(TRIPLES) if place not in lost}
    kept |= {(*TRIPLES[place][:2], other) for place, other in others.items()}
    if below:  # instances of a class below one that a shape is for
        kept.add((f"<{KG}draft>", f"<{RDFS}subClassOf>", f"<{KG}Edition>"))
        kept.add((f"<{KG}Edition>", f"<{RDFS}subClassOf>", f"<{KG}Term>"))
    assert Counter(one[:2] for one in shape_findings(kept)) == _by_pyshacl(kept)


def _by_pyshacl(triples: set[Triple]) -> Counter[tuple[str, str]]:
    data = RdflibGraph().parse(data="\n".join(map(line, triples)), format="nt")
    _, report, _ = validate(data, shacl_graph=RdflibGraph().parse(SHAPES))
    results = report.objects(None, SH.result)
    return Counter((str(report.value(r, SH.focusNode)), str(report.value(r, SH.resultPath) or "")) for r in results)


def test_what_is_wrong_is_told_in_words() -> None:
    subject = f"<{BASE}id/cache>"
    triples = [*TRIPLES, (subject, f"<{KG}slug>", '"A"@en')]
    found = [one.message for one in shape_findings(triples) if one.path == f"{KG}slug"]
    assert found == [
        "has 2 values, not at most 1",
        f'"A"@en is not of the datatype <{XSD}string>',
        '"A"@en does not match ^[a-z0-9]+(-[a-z0-9]+)*$',
    ]


def test_a_component_that_is_not_known_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "shapes.ttl"
    path.write_text(
        f"@prefix sh: <{SH}> . [] a sh:NodeShape ; sh:targetClass sh:Shape ; sh:closed true .", encoding="utf-8"
    )
    with pytest.raises(ValueError, match="closed"):
        Shapes(path)
