"""Query processes as the web process sees them: started, brought up to date, asked, ended at the deadline, replaced.

The replica is a directory of the engine's files (`replica/base-SEQ-DIGEST`), made from the mirror and never changed.
Each query process works on a clone of it (hard links: milliseconds) and gets the changesets that it lacks before each
query, so that a writer's next query sees the write. A clone that is too far behind is dropped for one of a newer base.
"""

import contextlib
import fcntl
import logging
import select
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from kgservice import config
from kgservice.errors import KgError, QueryRefused, QueryTimedOut, ResultTooLarge, Unavailable, Unusable
from kgservice.model.limits import ANYONE, LIMITS, Client, Limits
from kgservice.rdf.vocabulary import ONTOLOGY
from kgservice.store import log, mirror
from kgservice.store.bases import base_name, bases, locked
from kgservice.store.budgets import Budgets
from kgservice.store.counters import Key, is_held
from kgservice.store.refusals import NotAcceptable, told
from kgservice.store.store import Store
from kgservice.store.turns import Places, Turns
from kgservice.store.workers import BUILD_TIMEOUT, START_TIMEOUT, Keeper, Worker, WorkerError, WorkerGone, WorkerLost

BEHIND_MAX = 2 * 1024 * 1024
"""Bytes of changesets that a clone is brought forward by; beyond, a new base is made."""

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
        self._store = store
        self._trusted = trusted
        self._limits = limits
        self._folder = store.data_dir / "replica"
        self._run = self._folder
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._turns = Turns(
            unknown=Places(config.QUERY_PROCESSES, config.QUERY_WAITING, each=max(1, config.QUERY_PROCESSES - 1)),
            known=Places(config.QUERY_PROCESSES, config.QUERY_WAITING, each=config.QUERY_PROCESSES),
        )
        self._budgets: Budgets | None = None
        self._ready = threading.Event()
        self._keeper: Keeper | None = None
        self._run_lock: IO[str] | None = None
        self.off: str | None = None
        """Why queries are not answered; None while they are, or while it is being found out."""

    # --- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the keeper, prove that the sandbox holds, and open query processes, all in the background."""
        threading.Thread(target=self._start, name="query-start", daemon=True).start()

    def _start(self) -> None:
        try:
            self._keeper = Keeper()
            self._prove_sandbox(self._keeper)
            self._take_folder()
            self._budgets = Budgets(self._folder / "budgets")
            for _ in range(config.QUERY_PROCESSES):
                self._idle.append(self._open())
        except (KgError, OSError, SQLAlchemyError) as error:
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
        for worker in self._idle:
            worker.end()
        if self._keeper:
            self._keeper.close()
        if self._budgets:
            self._budgets.close()
        if self._run_lock:
            shutil.rmtree(self._run, ignore_errors=True)
            self._run_lock.close()

    def _prove_sandbox(self, keeper: Keeper) -> None:
        """Let a worker try to reach a listener; refuse to run queries if it can, unless they are trusted."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            try:
                worker = keeper.fork()
                try:
                    worker.ask("probe", START_TIMEOUT, port=listener.getsockname()[1])
                finally:
                    worker.end()
                if select.select([listener], [], [], 0)[0]:
                    raise WorkerError("sandbox", "a query reached the network")  # noqa: TRY301 - one handler for both
            except WorkerError as error:
                if not self._trusted:
                    raise Unusable(f"the sandbox does not hold ({error})") from error
                _log.warning("queries run without a sandbox, as --sparql-trusted says: %s", error)

    def _take_folder(self) -> None:
        """Take a folder for this process's clones, and remove those of processes that are gone."""
        self._folder.mkdir(exist_ok=True)
        with locked(self._folder):
            for folder in self._folder.glob("run-*"):
                with contextlib.suppress(OSError), (folder / "lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            self._run = Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
            self._run_lock = (self._run / "lock").open("w")
            fcntl.flock(self._run_lock, fcntl.LOCK_EX)

    def state(self) -> tuple[int, int]:
        """How many query processes all web processes have, and the sequence of the newest base (0 without one)."""
        runs = [folder for folder in self._folder.glob("run-*") if is_held(folder / "lock")]
        return sum(len(list(run.glob("clone-*"))) for run in runs), next((seq for seq, _ in bases(self._folder)), 0)

    # --- replicas ----------------------------------------------------------------------------------------------------

    def _fork(self) -> Worker:
        """A new worker process. A keeper that is gone is replaced."""
        with self._lock:
            try:
                if self._keeper:
                    return self._keeper.fork(trusted=self._trusted)
            except WorkerLost:
                _log.warning("the keeper of query processes ended; it is started again")
                if self._keeper:
                    self._keeper.close()
            self._keeper = Keeper()
            return self._keeper.fork(trusted=self._trusted)

    def _open(self) -> Worker:
        """A query process on a fresh clone, brought up to date."""
        for _ in range(3):  # another web process may remove a base that it has replaced
            base, seq = self._base()
            worker = self._fork()
            self._count((PROCESSES, 1))
            try:
                worker.seq = seq
                worker.clone = Path(tempfile.mkdtemp(prefix="clone-", dir=self._run)) / "store"
                worker.ask("open", START_TIMEOUT, base=str(base), clone=str(worker.clone), memory=config.QUERY_MEMORY)
                if self._is_up_to_date(worker):
                    return worker
            except WorkerError as error:
                if base.exists():
                    worker.end()
                    raise Unavailable(f"the replica cannot be opened: {error}") from error
            except BaseException:
                worker.end()
                raise
            worker.end()
        raise Unavailable("the replica was replaced again and again")

    def _is_up_to_date(self, worker: Worker) -> bool:
        """Whether a worker's clone is at the end of the log, to which it is brought unless it is too far behind.

        As long as nothing has changed that is one probe: reading the log would be half of a small query.
        """
        if self._store.versions.of_log().revision == worker.seq:
            return True
        with self._store.read() as connection:
            if log.size(connection, worker.seq) > BEHIND_MAX:
                return False
            for row in log.changesets(connection, worker.seq):
                worker.ask("apply", START_TIMEOUT, changes=[[row.removed, row.added]])
                worker.seq = row.seq
        return True

    def _base(self) -> tuple[Path, int]:
        """A base that is not far behind the log, with its sequence; made now if there is none."""
        with locked(self._folder), self._store.read() as connection:
            for seq, path in bases(self._folder):
                known = path.name == base_name(log.head_at(connection, seq))
                if known and log.size(connection, seq) <= BEHIND_MAX:
                    return path, seq
            return self._build()

    def _build(self) -> tuple[Path, int]:
        """Make a base of the mirror's present state, and remove older ones. The folder is locked."""
        lines, making = self._run / "mirror.nt", self._run / "making"
        shutil.rmtree(making, ignore_errors=True)  # of a making that failed: it would be added to
        with self._store.read() as connection:
            head = log.head(connection)
            with lines.open("w", encoding="utf-8") as file:
                file.writelines(mirror.all_lines(connection))
        worker = self._fork()
        try:
            ontology = str(config.packaged("ontology") / "kg.ttl")
            worker.ask("build", BUILD_TIMEOUT, lines=str(lines), ontology=ontology, graph=ONTOLOGY, into=str(making))
        finally:
            worker.end()
            lines.unlink()
        for _, path in bases(self._folder):
            shutil.rmtree(path, ignore_errors=True)
        base = self._folder / base_name(head)
        making.rename(base)
        return base, head.seq

    # --- queries -----------------------------------------------------------------------------------------------------

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
        with self._turns.turn(client, limits.seconds / 2), self._leased() as worker:
            left = limits.seconds - (time.monotonic() - started)
            return self._ask(worker, query, client, max(left, limits.seconds / 4))  # a process may have been made first

    def digest(self) -> tuple[int, str, int]:
        """How many triples a query process holds, their digest (see `digest_lines`), and at which sequence."""
        self._require_ready()
        with self._leased() as worker:
            header, _ = worker.ask("digest", BUILD_TIMEOUT)
            return header["triples"], header["digest"], worker.seq

    @contextlib.contextmanager
    def _leased(self) -> Iterator[Worker]:
        """A query process for one request, up to date. Unless the request alone failed, it is ended if anything did."""
        worker = None
        try:
            worker = self._take()
            yield worker
        except (QueryRefused, NotAcceptable, ResultTooLarge):
            raise
        except BaseException:
            if worker:
                worker.end()
                worker = None
            raise
        finally:
            if worker:
                self._idle.append(worker)

    def _take(self) -> Worker:
        """An idle process that lives and can be brought up to date, else a new one."""
        while self._idle:
            try:
                worker = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            try:
                if worker.lives() and self._is_up_to_date(worker):
                    return worker
            except Unavailable:
                _log.warning("a query process was lost; it is replaced")
            except BaseException:
                worker.end()
                raise
            worker.end()
        return self._open()

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
