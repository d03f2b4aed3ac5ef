"""Bases: replicas of the graph as directories that are never changed, of which query processes take clones.

A base is named by what it was made from (`base-SEQ-DIGEST`), so that one of another log is never used.
"""

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from kgservice import config
from kgservice.store import log

BASE_FORM = b"2"
"""Changes when other files make up a base."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time changes what is in the folder of replicas."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def bases(folder: Path) -> list[tuple[int, Path]]:
    """The bases in the folder with their sequences, newest first."""
    return sorted(((int(path.name.split("-")[1]), path) for path in folder.glob("base-*-*")), reverse=True)


def base_name(head: log.Head) -> str:
    """The folder name of a base: it changes with the log, the ontology, the engine's version and what a base is."""
    ontology = (config.packaged("ontology") / "kg.ttl").read_bytes()
    content = b"\0".join((BASE_FORM, head.digest.encode(), version("pyoxigraph").encode(), ontology))
    return f"base-{head.seq}-{hashlib.sha256(content).hexdigest()[:16]}"


def remove_replicas(data_dir: Path) -> None:
    """Remove the bases, so that they are made anew. Query processes that run keep their clones."""
    folder = data_dir / "replica"
    if folder.exists():
        with locked(folder):
            for _, path in bases(folder):
                shutil.rmtree(path, ignore_errors=True)
