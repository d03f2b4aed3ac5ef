"""What a learning path costs: every path of Metacademy's graph, in process. `python -m tests.bench.paths`."""

import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from kgservice.services.glossaries import make_glossary
from kgservice.services.importing import import_files
from kgservice.services.paths import learning_path
from kgservice.store.store import Store
from tests.conftest import BASE, SHARED


def main() -> None:
    """Print the table."""
    files = [SHARED / "metacademy" / f"{name}.csv" for name in ("terms", "edges")]
    if not all(file.exists() for file in files):
        sys.exit("Metacademy's graph is not beside this checkout")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as folder:
        make_glossary(Path(folder, "data"), base=BASE, empty=True)
        store = Store(Path(folder, "data"))
        for file in files:
            import_files(store, [file])
        learning_path(store, ["variational-bayes"] if "variational-bayes" in store.slugs() else [min(store.slugs())])
        taken = sorted(_cost(store, slug) for slug in store.slugs())
        store.close()
    print(f"{len(taken)} paths; CPU in ms: median {taken[len(taken) // 2][0]:.2f}, most {taken[-1][0]:.2f}")
    longest = max(taken, key=lambda one: one[1])
    print(f"the longest, of {longest[1]} steps: {longest[0]:.2f}")


def _cost(store: Store, slug: str) -> tuple[float, int]:
    """The least CPU in milliseconds of three rounds, and how many steps there are."""
    rounds = []
    for _ in range(3):
        start = time.thread_time()
        path = learning_path(store, [slug])
        rounds.append(time.thread_time() - start)
    return 1000 * min(rounds), len(path.steps)


if __name__ == "__main__":
    main()
