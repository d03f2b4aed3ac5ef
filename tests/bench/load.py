"""Load: requests as bytes over connections that are kept, from processes of their own, so that they cost little.

A client library in threads takes more of the machine than the server that it asks.
"""

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import psutil

CLIENTS = 4

_fork = multiprocessing.get_context("fork")

Requests = Callable[[int], bytes]
"""The request of each number."""


class Connection:
    """A connection that asks and reads whole answers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The body of the answer, which must be 200 and say its length."""
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._read()
        head, _, body = data.partition(b"\r\n\r\n")
        status, *lines = head.lower().split(b"\r\n")
        assert b" 200" in status, data[:500]
        size = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        pieces, held = [body], len(body)
        while held < size:
            pieces.append(self._read())
            held += len(pieces[-1])
        return b"".join(pieces)

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _read(self) -> bytes:
        data = self._socket.recv(1024 * 1024)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def select(query: str) -> bytes:
    """A request for a query's result in JSON."""
    return (
        f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: localhost\r\n"
        "Accept: application/sparql-results+json\r\n\r\n"
    ).encode()


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a process and all its children so far."""
    root = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:2]) for one in (root, *root.children(recursive=True)))


def rate(port: int, pid: int, requests: Requests, seconds: float) -> tuple[float, float]:
    """Requests in a second, and in a second of the server's processor time."""
    counts: multiprocessing.Queue[int] = _fork.Queue()
    before = cpu_of(pid)
    clients = [_fork.Process(target=_client, args=(port, requests, seconds, place, counts)) for place in range(CLIENTS)]
    for one in clients:
        one.start()
    answered = sum(counts.get(timeout=seconds + 120) for _ in clients)
    for one in clients:
        one.join()
    return answered / seconds, answered / (cpu_of(pid) - before)


def _client(port: int, requests: Requests, seconds: float, place: int, counts: "multiprocessing.Queue[int]") -> None:
    connection = Connection(port)
    end, answered = time.monotonic() + seconds, 0
    for number in _every(place):
        if time.monotonic() > end:
            break
        connection.ask(requests(number))
        answered += 1
    counts.put(answered)
    connection.close()


def _every(place: int) -> Iterator[int]:
    while True:
        yield place
        place += CLIENTS
