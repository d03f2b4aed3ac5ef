"""Messages between a process and its worker over a pair of sockets: a header in JSON, and a body of bytes.

One message is one write, and one read while it is small: what a message costs is most of what a small query costs.
"""

import json
import socket
import struct
from collections.abc import Iterable
from typing import Any

Message = tuple[dict[str, Any], bytes]
"""Header and body."""

_SIZES = struct.Struct("=QQ")
"""Bytes of the header, bytes of the body."""

_AT_ONCE = 64 * 1024
"""Bytes that are asked for in one read, and from which on a body is written by itself."""


class Channel:
    """One end of the pair, used by one thread at a time."""

    def __init__(self, endpoint: socket.socket) -> None:
        self._socket = endpoint

    def send(self, header: dict[str, Any], body: Iterable[bytes] = ()) -> None:
        """Send a message; `OSError` if the other end is gone."""
        told = json.dumps(header).encode()
        content = b"".join(body)
        head = _SIZES.pack(len(told), len(content)) + told
        if len(content) < _AT_ONCE:
            self._socket.sendall(head + content)
        else:
            self._socket.sendall(head)
            self._socket.sendall(content)

    def receive(self, timeout: float | None = None) -> Message:
        """The next message; `EOFError` if the other end is gone, `TimeoutError` if nothing comes in so many seconds."""
        self._socket.settimeout(timeout)
        data = self._read()
        while len(data) < _SIZES.size:
            data += self._read()
        header, body = _SIZES.unpack_from(data)
        start = _SIZES.size + header
        while len(data) < start:
            data += self._read()
        return json.loads(data[_SIZES.size : start]), self._to_the_end(data[start:], body)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _to_the_end(self, data: bytes, size: int) -> bytes:
        """So many bytes, of which `data` are the first."""
        if len(data) == size:
            return data
        whole = bytearray(size)
        whole[: len(data)] = data
        rest = memoryview(whole)[len(data) :]
        while rest:
            read = self._socket.recv_into(rest)
            if not read:
                raise EOFError
            rest = rest[read:]
        return bytes(whole)

    def _read(self) -> bytes:
        data = self._socket.recv(_AT_ONCE)
        if not data:
            raise EOFError
        return data
