"""Learning paths over the seed and over Metacademy's graph."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from kgservice.errors import Invalid
from kgservice.services.glossaries import make_glossary
from kgservice.services.importing import import_files
from kgservice.services.paths import learning_path, next_steps
from kgservice.store import tables
from kgservice.store.store import Store
from tests.conftest import BASE, SEED_TERMS, make_term, put_terms, shared


def test_a_path_tells_its_order_its_reasons_and_what_remains(store: Store) -> None:
    path = learning_path(store, ["model-serving"], ["memory", "neural-network"])
    assert [step.slug for step in path.steps] == ["logic", "api", "model-serving"]
    assert path.steps[-1].requires == ("api", "memory", "neural-network") and path.needed == 7
    assert [(edge.source, edge.target) for edge in path.edges] == [("api", "logic"), ("model-serving", "api")]
    assert "interface" in path.edges[1].reason["en"]


def test_unknown_slugs_are_told_all_at_once(store: Store) -> None:
    with pytest.raises(Invalid) as raised:
        learning_path(store, ["logic", "no"], ["nor", "cache", "Neither!", ""])
    assert [(fault.field, fault.message) for fault in raised.value.faults] == [
        ("to", "there is no term 'no'"),
        ("known", "there is no term 'nor'"),
        ("known", "there is no term 'Neither!'"),
        ("known", "there is no term ''"),
    ]


def test_next_are_terms_of_which_all_prerequisites_are_known(store: Store) -> None:
    def one_step_away(*known: str) -> set[str]:
        paths = {slug: learning_path(store, [slug], known) for slug in SEED_TERMS}
        return {slug for slug, path in paths.items() if [step.slug for step in path.steps] == [slug]}

    beginnings = {step.slug for step in next_steps(store, limit=200)[0]}
    assert beginnings == one_step_away() and "logic" in beginnings
    first, following = next_steps(store, ["logic"], limit=2)
    rest, end = next_steps(store, ["logic"], after=following or "", limit=200)
    assert following == first[-1].slug and end is None
    assert {step.slug for step in (*first, *rest)} == one_step_away("logic") - {"logic"} > beginnings - {"logic"}
    assert all(set(step.requires) <= {"logic"} for step in (*first, *rest))


def test_a_circle_in_the_rows_does_not_hang(empty_store: Store) -> None:
    put_terms(empty_store, make_term("a", prerequisite=["b"]), make_term("b", prerequisite=["c"]), make_term("c"))
    with empty_store.write("test", "", dry_run=False) as change:
        edge = tables.edge
        row = {"term_iri": f"{BASE}id/c", "kind": "prerequisite", "target_iri": f"{BASE}id/a", "reason": {}}
        change.connection.execute(sa.insert(edge), row)
    assert [step.slug for step in learning_path(empty_store, ["a"]).steps] == ["c", "b", "a"]
    assert next_steps(empty_store)[0] == []


@pytest.fixture(scope="module")
def metacademy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("metacademy") / "data"
    files = [shared(f"metacademy/{name}.csv") for name in ("terms", "edges")]
    make_glossary(folder, base=BASE, empty=True)
    opened = Store(folder)
    for file in files:
        import_files(opened, [file])
    yield opened
    opened.close()


def test_every_path_of_metacademy_is_in_order(metacademy: Store) -> None:
    sizes, chains = [], {}
    with metacademy.read() as connection:
        edges = connection.execute(sa.select(sa.func.count()).where(tables.edge.c.kind == "prerequisite")).scalar_one()
    slugs = sorted(metacademy.slugs())
    for slug in slugs:
        path = learning_path(metacademy, [slug])
        met: dict[str, int] = {}
        for step in path.steps:
            met[step.slug] = 1 + max((met[one] for one in step.requires), default=0)  # KeyError: out of order
        assert path.steps[-1].slug == slug and path.needed == len(path.steps)
        assert len(path.edges) == sum(len(step.requires) for step in path.steps)
        sizes.append(len(path.steps))
        chains[slug] = met[slug]
    assert (len(slugs), edges, max(chains.values()), max(sizes)) == (392, 964, 18, 83)


def test_several_goals_share_their_steps(metacademy: Store) -> None:
    goals = ["adaptive-rejection-sampling", "ada-boost", "variational-bayes"]
    goals = [slug for slug in goals if slug in metacademy.slugs()]
    alone = [{step.slug for step in learning_path(metacademy, [goal]).steps} for goal in goals]
    together = learning_path(metacademy, goals)
    assert {step.slug for step in together.steps} == set.union(*alone)
    assert together == learning_path(metacademy, goals)
    known = [step.slug for step in together.steps[:-1]]
    assert [step.slug for step in learning_path(metacademy, goals, known).steps] == [together.steps[-1].slug]


def test_a_path_reads_only_what_is_on_it(store: Store) -> None:
    seen: list[tuple[str, tuple[str, ...]]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: tuple[str, ...], *_rest: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(store._engine, "before_cursor_execute", note)
    learning_path(store, ["neural-network"])
    sa.event.remove(store._engine, "before_cursor_execute", note)
    with store.read() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", told).all() for one, told in seen]
    steps = [row[3] for plan in plans for row in plan]
    assert any(step.startswith("SEARCH edge") for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") and step != "SCAN way"]
