"""Queries as the web process asks them: within limits, in turn, of a process that is ended at the deadline."""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from kgservice import config
from kgservice.errors import KgError, QueryTimedOut, Unavailable
from kgservice.model.limits import ANYONE, LIMITS, Client, Limits
from kgservice.store.budgets import Budgets
from kgservice.store.counters import Key
from kgservice.store.refusals import told
from kgservice.store.replicas import Replicas
from kgservice.store.store import Store
from kgservice.store.turns import Places, Turns
from kgservice.store.workers import BUILD_TIMEOUT, START_TIMEOUT, Worker, WorkerError, WorkerGone, WorkerLost

CPU: Key = ("kgservice_query_cpu_seconds_total",)
PROCESSES: Key = ("kgservice_query_processes_started_total",)
QUERIES = "kgservice_queries_total"
OUTCOMES: tuple[Key, ...] = tuple(
    (QUERIES, outcome)
    for outcome in ("answered", "refused", "timed-out", "too-large", "over-budget", "unavailable", "failed")
)
QUERY_KEYS = (CPU, PROCESSES, *OUTCOMES)
"""What is counted of queries."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the formats its answer may have: `results` for SELECT and ASK, `graph` for the rest."""

    text: str
    base: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    results: str | None = "json"
    graph: str | None = "ttl"


class Answer(NamedTuple):
    """A query's answer: its format (`json`, `ttl`, …), its bytes, or the file that holds them, whose name is gone."""

    format: str
    body: bytes | IO[bytes]
    seq: int
    """The sequence of the graph that it was made from."""
    size: int
    """Bytes."""

    def read(self) -> bytes:
        """All bytes of it, once."""
        if isinstance(self.body, bytes):
            return self.body
        with self.body:
            return self.body.read()


class Queries:
    """The query processes of one web process."""

    def __init__(
        self,
        store: Store,
        *,
        trusted: bool = False,
        limits: Mapping[str, Limits] = LIMITS,
        count: Callable[[tuple[Key, float]], None] = lambda _: None,
    ) -> None:
        self._count = count
        self._limits = limits
        self._replicas = Replicas(store, trusted=trusted, started=lambda: count((PROCESSES, 1)))
        self._turns = Turns(
            unknown=Places(config.QUERY_PROCESSES, config.QUERY_WAITING, each=max(1, config.QUERY_PROCESSES - 1)),
            known=Places(config.QUERY_PROCESSES, config.QUERY_WAITING, each=config.QUERY_PROCESSES),
        )
        self._budgets: Budgets | None = None
        self._ready = threading.Event()
        self.off: str | None = None
        """Why queries are not answered; None while they are, or while it is being found out."""

    def start(self) -> None:
        """Start the query processes, in the background."""
        threading.Thread(target=self._start, name="query-start", daemon=True).start()

    def _start(self) -> None:
        try:
            self._replicas.start()
            self._budgets = Budgets(self._replicas.folder / "budgets")
        except (KgError, OSError, SQLAlchemyError, sqlite3.Error) as error:
            self.off = f"query processes cannot be started: {error}"
            _log.exception("SPARQL is off")
        finally:
            self._ready.set()

    def ready(self, timeout: float = 0) -> bool:
        """Whether it is settled that queries are answered, or why they are not."""
        return self._ready.wait(timeout)

    def close(self) -> None:
        """End all processes."""
        self._ready.wait(START_TIMEOUT)
        self._replicas.close()
        if self._budgets:
            self._budgets.close()

    def state(self) -> tuple[int, int]:
        """How many query processes all web processes have, and the sequence of the newest base (0 without one)."""
        return self._replicas.state()

    def limits(self, client: Client) -> Limits:
        """What holds for a client's queries."""
        return self._limits[client.role]

    @property
    def all_limits(self) -> Mapping[str, Limits]:
        """The limits of each role."""
        return self._limits

    def require_welcome(self, client: Client) -> None:
        """`Unavailable` or `OverBudget` if a client's query would be refused whatever it is. Counts nothing."""
        limits = self.limits(client)
        self._turns.require_place(client, limits.at_once)
        if self._budgets:
            self._budgets.require_rest(client.name, limits)

    def admit(self, client: Client) -> None:
        """Count a client's request before anything is done for it; `OverBudget` if it has spent what it may."""
        self._require_ready()
        if self._budgets:
            self._budgets.admit(client.name, self.limits(client))

    def charge(self, client: Client, *, cpu: float = 0, errors: int = 0) -> None:
        """Count what a client's query has cost."""
        if self._budgets:
            self._budgets.charge(client.name, self.limits(client), cpu=cpu, errors=errors)

    @contextlib.contextmanager
    def in_line(self, client: Client) -> Iterator[None]:
        """A place in the line for one query, to be kept until its answer is sent."""
        with self._turns.in_line(client, self.limits(client).at_once):
            yield

    def run(self, query: Query, client: Client = ANYONE) -> Answer:
        """The answer to a query, whole: it is sent only once it is certain."""
        self._require_ready()
        try:
            return self._run_once(query, client)
        except WorkerGone:
            return self._run_once(query, client)

    def _run_once(self, query: Query, client: Client) -> Answer:
        started = time.monotonic()
        limits = self.limits(client)
        with self._turns.turn(client, limits.seconds / 2), self._replicas.lent() as worker:
            left = limits.seconds - (time.monotonic() - started)
            return self._ask(worker, query, client, max(left, limits.seconds / 4))  # a process may have been made first

    def digest(self) -> tuple[int, str, int]:
        """How many triples a query process holds, their digest (see `digest_lines`), and at which sequence."""
        self._require_ready()
        with self._replicas.lent() as worker:
            header, _ = worker.ask("digest", BUILD_TIMEOUT)
            return header["triples"], header["digest"], worker.seq

    def _require_ready(self) -> None:
        self._ready.wait(START_TIMEOUT)
        if self.off or not self._ready.is_set():
            raise Unavailable(self.off or "query processes are starting; try again in a few seconds", retry_after=60)

    def _ask(self, worker: Worker, query: Query, client: Client, seconds: float) -> Answer:
        limits = self.limits(client)
        started = time.monotonic()
        worker.cpu = 0.0
        try:
            header, body = worker.ask(
                "query",
                seconds + 0.3,  # the kernel ends the process at the deadline; this is for when it could not
                deadline=seconds,
                query=query.text,
                base=query.base,
                default=query.default_graphs,
                named=query.named_graphs,
                results=query.results,
                graph=query.graph,
                spool=str(_spool(worker)),
                most_bytes=limits.result_bytes,
                most_rows=limits.rows,
            )
            spooled = _taken(_spool(worker)) if header["spooled"] else None
            return Answer(header["format"], spooled or body, worker.seq, header["size"])
        except WorkerGone:
            raise
        except WorkerLost as error:
            worker.cpu = time.monotonic() - started
            if worker.cpu >= seconds - 0.1:
                raise QueryTimedOut(
                    f"the query was not done within {limits.seconds:g} seconds and was ended; ask for less"
                ) from error
            raise Unavailable("the query took more memory, or deeper nesting, than a query may") from error
        except WorkerError as error:
            raise told(error) from error
        finally:
            self._count((CPU, worker.cpu))
            self.charge(client, cpu=worker.cpu)


def _spool(worker: Worker) -> Path:
    """Where a worker writes a result that is large: beside its clone, so that it goes when that does."""
    if worker.clone is None:
        raise Unavailable("no replica is open")
    return worker.clone.parent / "result"


def _taken(path: Path) -> IO[bytes]:
    """The file, open; its name is removed."""
    file = path.open("rb", buffering=0)
    path.unlink()
    return file
