"""What a PUT of one term costs in CPU of the server, validation included: over the seed, and with STW loaded.

Run it as `python -m tests.bench.writes`. The application answers in this process, so that its CPU is this process's.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table

from kgservice.services.glossaries import make_glossary
from kgservice.services.importing import import_files
from kgservice.store.store import Store
from tests.conftest import BASE, SHARED, _app

ROUNDS = 60


def _costs(client: FlaskClient, headers: dict[str, str], slug: str, change: str) -> list[float]:
    """Milliseconds of CPU of each PUT; half of the rounds before these warm it up."""
    costs = []
    for number in range(ROUNDS + ROUNDS // 2):
        held = client.get(f"/api/v1/terms/{slug}?lang=*")
        document: dict[str, Any] = held.get_json()
        if change == "a definition":
            document["definition"] = {**(document["definition"] or {}), "en": f"The definition number {number}."}
        else:
            document["related"] = ["memory"] if number % 2 else []
        body = json.dumps(document)  # the client's work, not the server's
        told = {**headers, "If-Match": held.headers["ETag"], "Content-Type": "application/json"}
        start = time.process_time()
        response = client.put(f"/api/v1/terms/{slug}", data=body, headers=told)
        costs.append((time.process_time() - start) * 1000)
        assert response.status_code == 200, response.text
    return costs[ROUNDS // 2 :]


def _measured(folder: Path, slug: str, change: str) -> list[float]:
    store = Store(folder)
    secret = store.tokens.create(f"bench {slug} {change}", "editor")
    app = _app(folder)
    try:
        return _costs(app.test_client(), {"Authorization": f"Bearer {secret}"}, slug, change)
    finally:
        app.extensions["kgservice"].queries.close()
        store.close()


def main() -> None:
    """Print the table."""
    table = Table("glossary", "term", "what changes", "median ms", "p95 ms")
    with tempfile.TemporaryDirectory() as held:
        for name in sys.argv[1:] or ("seed", "seed and STW"):
            folder = Path(held) / name.replace(" ", "-")
            make_glossary(folder, base=BASE)
            if name != "seed":
                store = Store(folder)
                start = time.monotonic()
                import_files(store, [SHARED / "stw" / "stw-skos.ttl"])
                print(f"STW imported in {time.monotonic() - start:.1f} s")
                store.close()
            for slug, change in (("networking", "a definition"), ("cache", "an edge")):
                costs = sorted(_measured(folder, slug, change))
                p95 = costs[int(len(costs) * 0.95)]
                table.add_row(name, slug, change, f"{statistics.median(costs):.1f}", f"{p95:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
