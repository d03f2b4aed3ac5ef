"""Servers to measure: started on free ports, asked over one connection, their CPU read from the kernel."""

import http.client
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil

from tests.test_serve import free_port

_CPU = 2
"""What Linux calls the scheduler's clock of a process, beside its number (clock_getcpuclockid)."""


class Server:
    """A server process and one connection to it."""

    def __init__(self, command: Sequence[str], port: int, ready: str) -> None:
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, start_new_session=True, cwd=Path(__file__).parents[2]
        )
        self.port = port
        self._wait_for(ready)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def _wait_for(self, path: str) -> None:
        for _ in range(600):
            try:
                urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5).close()
            except (HTTPError, OSError):
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server is not ready after a minute")

    def ask(self, path: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of one request."""
        self._connection.request("GET", path, headers=dict(headers))
        response = self._connection.getresponse()
        return response.status, dict(response.headers), response.read()

    def cpu(self) -> float:
        """CPU seconds that its processes have used, by their clocks; what /proc tells is in hundredths of a second."""
        root = psutil.Process(self.process.pid)
        return sum(time.clock_gettime(~one.pid << 3 | _CPU) for one in (root, *root.children(recursive=True)))

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self.process.terminate()
        self.process.wait(30)


def ours(folder: Path) -> Server:
    """The service over a data directory, as `kgservice serve` runs it."""
    port = free_port()
    command = [sys.executable, "-m", "kgservice", "serve", "--data-dir", str(folder), "--port", str(port)]
    return Server(command, port, "/health/ready")


def other(module: str, *arguments: str) -> Server:
    """A baseline: a module that serves on the port that it is given."""
    port = free_port()
    return Server([sys.executable, "-m", module, str(port), *arguments], port, "/ready")
