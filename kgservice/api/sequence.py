"""Reading one's own writes: `minSeq=` on a read waits until that change is there."""

import time

from flask import Flask, request

from kgservice.api.context import service
from kgservice.errors import Unavailable

WAIT = 2.0
"""Seconds that a read waits for a change."""


def register(app: Flask) -> None:
    """Look at every read."""
    app.before_request(_await_change)


def _await_change() -> None:
    """Wait for the change that `minSeq` names; `Unavailable` if it does not come. What is no number the route tells."""
    query = request.query_string  # to read all parameters would cost more than most answers
    if b"minSeq" not in query and b"%" not in query:  # the name may be written with escapes, too
        return
    asked = request.args.get("minSeq", "")
    if not (asked.isascii() and asked.isdigit()) or len(asked) > 12:
        return
    end = time.monotonic() + WAIT
    while (held := service().store.versions.of_log().revision) < int(asked):
        if time.monotonic() > end:
            raise Unavailable(f"the log is at change {held}; change {asked} is not here yet", retry_after=1)
        time.sleep(0.02)
