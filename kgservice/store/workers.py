"""Worker processes as the process that uses them sees them: forked by a keeper, asked, ended.

What they answer is in `query_process.py`.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kgservice.errors import Unavailable, Unusable

START_TIMEOUT = 10.0
"""Seconds for a process to start or to bring its clone forward."""

BUILD_TIMEOUT = 600.0
"""Seconds for making a replica anew."""


class WorkerLost(Unavailable):
    """A worker process ended, or gave no answer in time."""


class WorkerGone(WorkerLost):
    """A worker process had ended before it was asked; another can be asked the same."""


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
        worker = Worker(Connection(handles[0]), handles[1])
        worker.receive(START_TIMEOUT)
        return worker

    def close(self) -> None:
        """End the keeper and all its workers."""
        self._control.close()
        self._process.wait()


class Worker:
    """One worker process, used by one thread at a time."""

    def __init__(self, channel: Connection, pidfd: int) -> None:
        self._channel = channel
        self._pidfd = pidfd
        self.seq = 0
        self.cpu = 0.0
        """Seconds of processor time that the last answer took."""
        self.clone: Path | None = None

    def ask(self, do: str, timeout: float, **arguments: Any) -> tuple[dict[str, Any], bytes]:
        """Have the worker do something; `WorkerLost` if it gives no answer, `WorkerError` if it says why it cannot."""
        try:
            self._channel.send_bytes(json.dumps({"do": do, **arguments}).encode())
        except OSError as error:
            raise WorkerGone("the process was gone") from error
        return self.receive(timeout)

    def receive(self, timeout: float) -> tuple[dict[str, Any], bytes]:
        """The answer that the worker sends; an error that it tells is raised."""
        try:
            if not self._channel.poll(timeout):
                raise WorkerLost("the process gave no answer in time")
            header = json.loads(self._channel.recv_bytes())
            body = self._channel.recv_bytes() if header.get("body") else b""
            self.cpu = header.get("cpu", 0.0)
        except (EOFError, ConnectionError) as error:
            raise WorkerLost("the process ended") from error
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
        return [_parse(worker, path, form, base) for path, form in files]
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
