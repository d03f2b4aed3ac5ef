"""Settings, and where the files that come with the package are."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_BASE_IRI = "http://localhost:8000/"
DEFAULT_DATA_DIR = Path("kgservice-data")

QUERY_MEMORY = 1024 * 1024 * 1024
"""Address space that a query process may take beyond what it has when it starts, in bytes."""

QUERY_PROCESSES = 2
"""Query processes of each web process: as many as run at once for clients without a token, and again for those with."""

QUERY_WAITING = 6
"""Queries that wait beside those that run, for each of the two; more are sent away with 503, so that queries never take
all threads."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one process of the service runs.

    `public_url` has no trailing slash; every link in an answer starts with it. `sparql_trusted` lets queries run
    although the sandbox does not hold; the command line allows it on a loopback address only. `trusted_proxies` is the
    number of proxies in front whose `X-Forwarded-For` is believed. `query_limits` is a TOML file with other limits of
    queries.
    """

    data_dir: Path
    public_url: str
    sparql_trusted: bool = False
    trusted_proxies: int = 0
    query_limits: Path | None = None


def packaged(folder: str) -> Path:
    """The path of `ontology`, `migrations` or `seed_data`: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "data" / folder
    return installed if installed.is_dir() else package.parent / folder
