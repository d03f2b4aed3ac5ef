"""What keeps a process that meets foreign queries and files harmless: no network, no programs, bounded memory.

Linux on x86_64 and aarch64: a seccomp filter answers EACCES to the calls that open a socket, run a program or reach
into another process. It needs no privileges and cannot be undone. Elsewhere `cut_network` raises `SandboxError`.
"""

import ctypes
import errno
import platform
import resource
import signal
import socket
import struct
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_RET_KILL = 0x80000000
_RET_ERRNO = 0x00050000
_RET_ALLOW = 0x7FFF0000
_X32_CALLS = 0x40000000

# Architecture word of the audit interface; then socket, execve, ptrace, process_vm_readv, process_vm_writev, execveat,
# io_uring_setup (its rings open sockets without the socket call) and pidfd_getfd.
_CALLS = {
    "x86_64": (0xC000003E, (41, 59, 101, 310, 311, 322, 425, 438)),
    "aarch64": (0xC00000B7, (198, 221, 117, 270, 271, 281, 425, 438)),
}


class SandboxError(Exception):
    """The sandbox cannot be set up here, or does not hold; the text says why."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def cut_network() -> None:
    """From now on this process and its threads open no socket and start no program."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _CALLS:
        raise SandboxError(f"there is no sandbox for {sys.platform} on {machine}; Linux on x86_64 or aarch64 has one")
    code = _filter(*_CALLS[machine])
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """The BPF program: another architecture's call kills, a listed one gets EACCES, all else passes."""

    def step(code: int, k: int, jump: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, jump, otherwise, k)

    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    checks = [step(at_least, _X32_CALLS, len(calls) + 1)]
    checks += [step(equal, call, len(calls) - i) for i, call in enumerate(calls)]
    head = [step(load, 4), step(equal, architecture, 1), step(answer, _RET_KILL), step(load, 0)]
    return b"".join((*head, *checks, step(answer, _RET_ALLOW), step(answer, _RET_ERRNO | errno.EACCES)))


def _prctl(option: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *values) != 0:
        raise SandboxError(f"prctl({option}) failed: {errno.errorcode.get(ctypes.get_errno(), ctypes.get_errno())}")


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_memory(more: int) -> None:
    """Let this process map at most that many bytes beyond what it has now; write no core file when it dies of it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        bound = min(bound, hard)  # a worker that reads its next file has grown since, and no limit can be raised
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def require_no_network(port: int) -> None:
    """Raise `SandboxError` if this process can open a socket; tries to reach a listener on loopback."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as attempt:
                attempt.settimeout(1)
                attempt.connect((address, port))
        except PermissionError:
            continue
        except OSError as error:
            raise SandboxError(f"a socket could be opened ({error})") from error
        raise SandboxError("a connection could be opened")
