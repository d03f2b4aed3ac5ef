"""An import in a process of its own, for files that come over HTTP: no web process parses what strangers send.

The process is ended at a deadline and bounded in memory; it commits through the same log as any other writer. It reads
the file before it loads what writes: a file that cannot be read is refused in a fraction of the time that takes.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kgservice.errors import Fault, Invalid, KgError, StorageFull, Unavailable
from kgservice.services.import_batch import Loaded, Problem, Report
from kgservice.services.import_formats import load_files

DEADLINE = 300.0
"""Seconds that an import may take."""

MEMORY = 3 * 1024 * 1024 * 1024
"""Address space of an import, in bytes."""


def import_apart(
    data_dir: Path,
    path: Path,
    *,
    base: str,
    format: str,
    lang: str | None,
    dry_run: bool,
    may_review: bool,
    editor: str,
    note: str | None,
) -> Report:
    """Import a file in a process of its own; `base` is that of the glossary's IRIs.

    `Invalid` says what of the file cannot be read or breaks a rule.
    """
    how = {"lang": lang, "dry_run": dry_run, "may_review": may_review, "editor": editor, "note": note}
    file = {"path": str(path), "format": format, "base": base}
    request = json.dumps({"data_dir": str(data_dir), "file": file, "how": how})
    process = subprocess.Popen(
        [sys.executable, "-m", "kgservice.services.import_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        answer, _ = process.communicate(request, timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        raise Invalid([Fault("body", f"importing it took more than {DEADLINE:.0f} s; nothing was changed")]) from None
    finally:
        with contextlib.suppress(ProcessLookupError):  # with it go the processes that it has started
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return _report(answer)


def _report(answer: str) -> Report:
    if not answer:
        raise Invalid([Fault("body", "importing it took too much memory; nothing was changed")])
    told = json.loads(answer)
    match told.get("error"):
        case None:
            return Report(**{**told, "problems": [Problem(**one) for one in told["problems"]]})
        case "full":
            raise StorageFull(told["message"])
        case "unavailable":
            raise Unavailable(told["message"])
        case _:
            raise Invalid([Fault(**one) for one in told["faults"]])


def _answer(request: str) -> dict[str, object]:
    """Do the import that a request asks for; what came of it, as JSON has it."""
    told = json.loads(request)
    file = told["file"]
    try:
        loaded = load_files([(Path(file["path"]), file["format"])], file["base"])
        return asdict(_import(Path(told["data_dir"]), loaded, told["how"]))
    except Invalid as error:
        return {"error": "invalid", "faults": [asdict(fault) for fault in error.faults]}
    except StorageFull as error:
        return {"error": "full", "message": str(error)}
    except Unavailable as error:
        return {"error": "unavailable", "message": str(error)}
    except KgError as error:
        return {"error": "unusable", "faults": [{"field": "body", "message": str(error)}]}
    except MemoryError:
        message = "importing it took too much memory; nothing was changed"
        return {"error": "unusable", "faults": [{"field": "body", "message": message}]}


def _import(data_dir: Path, loaded: Sequence[Loaded], how: dict[str, Any]) -> Report:
    from kgservice.services.importing import import_loaded
    from kgservice.store.store import Store

    store = Store(data_dir)
    try:
        return import_loaded(store, loaded, **how)
    finally:
        store.close()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(_answer(sys.stdin.read())))
