"""Query processes as the web process sees them: started, brought up to date, asked, ended at the deadline, replaced.

The replica is a directory of the engine's files (`replica/base-SEQ-DIGEST`), made from the mirror and never changed.
Each query process works on a clone of it (hard links: milliseconds) and gets the changesets that it lacks before each
query, so that a writer's next query sees the write. A clone that is too far behind is dropped for one of a newer base.
"""

import contextlib
import fcntl
import hashlib
import logging
import select
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from sqlalchemy.exc import SQLAlchemyError

from kgservice import config
from kgservice.errors import KgError, QueryRefused, QueryTimedOut, Unavailable, Unusable
from kgservice.rdf.vocabulary import ONTOLOGY
from kgservice.store import log, mirror
from kgservice.store.store import Store
from kgservice.store.workers import BUILD_TIMEOUT, START_TIMEOUT, Keeper, Worker, WorkerError, WorkerGone, WorkerLost

BEHIND_MAX = 2 * 1024 * 1024
"""Bytes of changesets that a clone is brought forward by; beyond, a new base is made."""

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


class NotAcceptable(KgError):
    """The query's answer has no form in the formats asked for. The text is `results`, `boolean` or `graph`."""


class Queries:
    """The query processes of one web process."""

    def __init__(self, store: Store, *, trusted: bool = False, deadline: float = config.QUERY_DEADLINE) -> None:
        self._store = store
        self._trusted = trusted
        self._deadline = deadline
        self._folder = store.data_dir / "replica"
        self._run = self._folder
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(config.QUERY_WAITING)
        self._running = threading.BoundedSemaphore(config.QUERY_PROCESSES)
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
        with _locked(self._folder):
            for folder in self._folder.glob("run-*"):
                with contextlib.suppress(OSError), (folder / "lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            self._run = Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
            self._run_lock = (self._run / "lock").open("w")
            fcntl.flock(self._run_lock, fcntl.LOCK_EX)

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
            try:
                worker.seq = seq
                worker.clone = Path(tempfile.mkdtemp(prefix="clone-", dir=self._run)) / "store"
                worker.ask("open", START_TIMEOUT, base=str(base), clone=str(worker.clone), memory=config.QUERY_MEMORY)
                self._catch_up(worker)
            except WorkerError as error:
                worker.end()
                if base.exists():
                    raise Unavailable(f"the replica cannot be opened: {error}") from error
            except BaseException:
                worker.end()
                raise
            else:
                return worker
        raise Unavailable("the replica was replaced again and again")

    def _catch_up(self, worker: Worker) -> int:
        """Bring a worker's clone to the end of the log. Returns the sequence it is at."""
        with self._store.read() as connection:
            if log.head(connection).seq > worker.seq:
                for row in log.changesets(connection, worker.seq):
                    worker.ask("apply", START_TIMEOUT, changes=[[row.removed, row.added]])
                    worker.seq = row.seq
        return worker.seq

    def _is_far_behind(self, worker: Worker) -> bool:
        with self._store.read() as connection:
            return log.size(connection, worker.seq) > BEHIND_MAX

    def _base(self) -> tuple[Path, int]:
        """A base that is not far behind the log, with its sequence; made now if there is none."""
        with _locked(self._folder), self._store.read() as connection:
            for seq, path in _bases(self._folder):
                known = path.name == _base_name(log.head_at(connection, seq))
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
        for _, path in _bases(self._folder):
            shutil.rmtree(path, ignore_errors=True)
        base = self._folder / _base_name(head)
        making.rename(base)
        return base, head.seq

    # --- queries -----------------------------------------------------------------------------------------------------

    def run(self, query: Query) -> tuple[str, bytes, int]:
        """The answer's format (`json`, `ttl`, …), its bytes, and the sequence of the graph that it was made from."""
        if not self._waiting.acquire(blocking=False):
            raise Unavailable("too many queries are waiting; try again in a few seconds")
        try:
            try:
                return self._run_once(query)
            except WorkerGone:
                return self._run_once(query)
        finally:
            self._waiting.release()

    def _run_once(self, query: Query) -> tuple[str, bytes, int]:
        with self._leased() as worker:
            header, body = self._ask(worker, query)
            return header["format"], body, worker.seq

    def digest(self) -> tuple[int, str, int]:
        """How many triples a query process holds, their digest (see `digest_lines`), and at which sequence."""
        with self._leased() as worker:
            header, _ = worker.ask("digest", BUILD_TIMEOUT)
            return header["triples"], header["digest"], worker.seq

    @contextlib.contextmanager
    def _leased(self) -> Iterator[Worker]:
        """A query process for one request, up to date. Unless the request alone failed, it is ended if anything did."""
        self._ready.wait(self._deadline)
        if self.off or not self._ready.is_set():
            raise Unavailable(self.off or "query processes are starting; try again in a few seconds", retry_after=60)
        if not self._running.acquire(timeout=self._deadline):
            raise Unavailable("all query processes are busy; try again in a few seconds")
        worker = None
        try:
            worker = self._take()
            yield worker
        except (QueryRefused, NotAcceptable):
            raise
        except BaseException:
            if worker:
                worker.end()
                worker = None
            raise
        finally:
            if worker:
                self._idle.append(worker)
            self._running.release()

    def _take(self) -> Worker:
        """An idle process that lives and can be brought up to date, else a new one."""
        while self._idle:
            try:
                worker = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            try:
                if worker.lives() and not self._is_far_behind(worker):
                    self._catch_up(worker)
                    return worker
            except Unavailable:
                _log.warning("a query process was lost; it is replaced")
            except BaseException:
                worker.end()
                raise
            worker.end()
        return self._open()

    def _ask(self, worker: Worker, query: Query) -> tuple[dict[str, Any], bytes]:
        started = time.monotonic()
        try:
            return worker.ask(
                "query",
                self._deadline + 1,  # the kernel ends the process at the deadline; this is for when it could not
                deadline=self._deadline,
                query=query.text,
                base=query.base,
                default=query.default_graphs,
                named=query.named_graphs,
                results=query.results,
                graph=query.graph,
                limit=config.RESULT_MAX_BYTES,
            )
        except WorkerGone:
            raise
        except WorkerLost as error:
            if time.monotonic() - started >= self._deadline - 0.1:
                raise QueryTimedOut(
                    f"the query was ended after {self._deadline:g} seconds; ask for less, or add a LIMIT"
                ) from error
            raise Unavailable("the query took more memory, or deeper nesting, than a query may") from error
        except WorkerError as error:
            raise _query_error(error) from error


def _query_error(error: WorkerError) -> KgError:
    if error.kind == "unacceptable":
        return NotAcceptable(str(error))
    if error.kind == "too-large":
        megabytes = config.RESULT_MAX_BYTES // (1024 * 1024)
        return QueryRefused(
            f"the result is larger than {megabytes} MB; ask for less, or in pieces by ORDER BY and LIMIT"
        )
    return QueryRefused(str(error))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time changes what is in the folder of replicas."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bases(folder: Path) -> list[tuple[int, Path]]:
    """The bases in the folder with their sequences, newest first."""
    return sorted(((int(path.name.split("-")[1]), path) for path in folder.glob("base-*-*")), reverse=True)


def _base_name(head: log.Head) -> str:
    """The folder name of a base: it changes with the log, the ontology and the engine's version."""
    ontology = (config.packaged("ontology") / "kg.ttl").read_bytes()
    content = b"\0".join((head.digest.encode(), version("pyoxigraph").encode(), ontology))
    return f"base-{head.seq}-{hashlib.sha256(content).hexdigest()[:16]}"


def remove_replicas(data_dir: Path) -> None:
    """Remove the bases, so that they are made anew. Query processes that run keep their clones."""
    folder = data_dir / "replica"
    if folder.exists():
        with _locked(folder):
            for _, path in _bases(folder):
                shutil.rmtree(path, ignore_errors=True)
