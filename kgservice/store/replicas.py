"""The query processes of a web process, each on a clone of the graph: started, brought up to date, lent, replaced.

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from kgservice import config
from kgservice.errors import QueryRefused, ResultTooLarge, Unavailable, Unusable
from kgservice.rdf.vocabulary import ONTOLOGY
from kgservice.store import log, mirror
from kgservice.store.bases import base_name, bases, locked
from kgservice.store.counters import is_held
from kgservice.store.refusals import NotAcceptable
from kgservice.store.store import Store
from kgservice.store.workers import BUILD_TIMEOUT, START_TIMEOUT, Keeper, Worker, WorkerError, WorkerLost

BEHIND_MAX = 2 * 1024 * 1024
"""Bytes of changesets that a clone is brought forward by; beyond, a new base is made."""

_log = logging.getLogger(__name__)


class Replicas:
    """The query processes of one web process. `started` is called for each that is made."""

    def __init__(self, store: Store, *, trusted: bool, started: Callable[[], None]) -> None:
        self._store = store
        self._trusted = trusted
        self._started = started
        self.folder = store.data_dir / "replica"
        self._run = self.folder
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._keeper: Keeper | None = None
        self._run_lock: IO[str] | None = None

    def start(self) -> None:
        """Start the keeper, prove that the sandbox holds (`Unusable` if not), and open query processes."""
        self._keeper = Keeper()
        self._prove_sandbox(self._keeper)
        self._take_folder()
        for _ in range(config.QUERY_PROCESSES):
            self._idle.append(self._open())

    def close(self) -> None:
        """End all processes."""
        for worker in self._idle:
            worker.end()
        if self._keeper:
            self._keeper.close()
        if self._run_lock:
            shutil.rmtree(self._run, ignore_errors=True)
            self._run_lock.close()

    @contextlib.contextmanager
    def lent(self) -> Iterator[Worker]:
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

    def state(self) -> tuple[int, int]:
        """How many query processes all web processes have, and the sequence of the newest base (0 without one)."""
        runs = [folder for folder in self.folder.glob("run-*") if is_held(folder / "lock")]
        return sum(len(list(run.glob("clone-*"))) for run in runs), next((seq for seq, _ in bases(self.folder)), 0)

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
        self.folder.mkdir(exist_ok=True)
        with locked(self.folder):
            for folder in self.folder.glob("run-*"):
                with contextlib.suppress(OSError), (folder / "lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            self._run = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder))
            self._run_lock = (self._run / "lock").open("w")
            fcntl.flock(self._run_lock, fcntl.LOCK_EX)

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
            self._started()
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
        with locked(self.folder), self._store.read() as connection:
            for seq, path in bases(self.folder):
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
        for _, path in bases(self.folder):
            shutil.rmtree(path, ignore_errors=True)
        base = self.folder / base_name(head)
        making.rename(base)
        return base, head.seq
