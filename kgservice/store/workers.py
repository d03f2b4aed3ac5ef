"""Worker processes as the process that uses them sees them: forked by a keeper, asked, ended.

What they answer is in `query_process.py`.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kgservice.errors import Unavailable, Unusable
from kgservice.store.messages import Channel, Message

START_TIMEOUT = 10.0
"""Seconds for a process to start or to bring its clone forward."""

BUILD_TIMEOUT = 600.0
"""Seconds for making a replica anew."""


class WorkerLost(Unavailable):
    """A worker process ended, or gave no answer in time."""


class WorkerGone(WorkerLost):
    """A worker process ended, and not by what it was asked: before that, or with its keeper. Another can be asked."""


class Keeper:
    """The process that forks worker processes. Starting it costs a Python start, a fork after that milliseconds."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        command = [sys.executable, "-m", "kgservice.store.query_process", str(theirs.fileno())]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment
        )
        theirs.close()
        self._lock = threading.Lock()

    def fork(self, *, trusted: bool = False) -> "Worker":
        """A new worker process, in its sandbox (or, if `trusted`, without one where there is none)."""
        with self._lock:
            try:
                self._control.sendall(b"t" if trusted else b"s")
                _, handles, _, _ = socket.recv_fds(self._control, 32, 2)
            except OSError as error:
                raise WorkerLost(f"the keeper of query processes is gone: {error}") from error
        if len(handles) != 2:
            raise WorkerLost("the keeper of query processes is gone")
        worker = Worker(self, Channel(socket.socket(fileno=handles[0])), handles[1])
        try:
            worker.receive(START_TIMEOUT)
        except BaseException:
            worker.end()
            raise
        return worker

    def lives(self) -> bool:
        """Whether the process is there; its workers end with it."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the keeper and all its workers."""
        self._control.close()
        self._process.wait()


class Worker:
    """One worker process, used by one thread at a time."""

    def __init__(self, keeper: Keeper, channel: Channel, pidfd: int) -> None:
        self._keeper = keeper
        self._channel = channel
        self._pidfd = pidfd
        self.seq = 0
        self.cpu = 0.0
        """Seconds of processor time that the last answer took."""
        self.clone: Path | None = None

    def ask(self, do: str, timeout: float, **arguments: Any) -> Message:
        """Have the worker do something; `WorkerLost` if it gives no answer, `WorkerError` if it says why it cannot."""
        try:
            self._channel.send({"do": do, **arguments})
        except OSError as error:
            raise WorkerGone("the process was gone") from error
        return self.receive(timeout)

    def receive(self, timeout: float) -> Message:
        """The answer that the worker sends; an error that it tells is raised."""
        try:
            header, body = self._channel.receive(timeout)
        except TimeoutError as error:
            raise WorkerLost("the process gave no answer in time") from error
        except (EOFError, ConnectionError) as error:
            if not self._keeper.lives():
                raise WorkerGone("the process ended with its keeper") from error
            raise WorkerLost("the process ended") from error
        self.cpu = header.get("cpu", 0.0)
        if not header["ok"]:
            raise WorkerError(header["kind"], header["error"])
        return header, body

    def lives(self) -> bool:
        """Whether the process is there."""
        return not select.select([self._pidfd], [], [], 0)[0]

    def end(self) -> None:
        """Kill the process and remove its clone."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        select.select([self._pidfd], [], [], 5)  # readable once it has ended, so that its files can go
        os.close(self._pidfd)
        self._channel.close()
        if self.clone:
            shutil.rmtree(self.clone.parent, ignore_errors=True)


class WorkerError(Unavailable):
    """A worker's answer that says why it could not do what it was asked."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def parse_rdf(files: Iterable[tuple[Path, str]], base: str) -> list[tuple[dict[str, Any], str]]:
    """Read RDF files, each with its format, in a worker process of its own: counts and problems, canonical N-Triples.

    `Unusable` names line and column of what cannot be read.
    """
    keeper = Keeper()
    try:
        worker = keeper.fork(trusted=True)
        try:
            return [_parse(worker, path, form, base) for path, form in files]
        finally:
            worker.end()
    finally:
        keeper.close()


def _parse(worker: Worker, path: Path, format: str, base: str) -> tuple[dict[str, Any], str]:
    try:
        header, body = worker.ask("parse", BUILD_TIMEOUT, path=str(path.resolve()), format=format, base=base)
        return header, body.decode()
    except WorkerError as error:
        raise Unusable(f"{path.name}: {error}") from error
    except WorkerLost as error:
        raise Unusable(f"{path.name}: reading it took too much memory or time; nothing was changed") from error
