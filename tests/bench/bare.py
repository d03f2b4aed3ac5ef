"""The baseline for ready answers: a bare Flask view under the same server, which returns bytes that it was given.

`python -m tests.bench.bare PORT FILE`: the file has a JSON object of content types and texts by name.
"""

import json
import os
import sys
from pathlib import Path

from flask import Flask, Response
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server


def make() -> Flask:
    """The application; its answers are in the file that BARE_ANSWERS names."""
    answers = {
        name: (one["type"], one["body"].encode())
        for name, one in json.loads(Path(os.environ["BARE_ANSWERS"]).read_text("utf-8")).items()
    }
    app = Flask(__name__, static_folder=None)

    @app.get("/<name>")
    def get(name: str) -> Response:
        media, body = answers[name]
        return Response(body, content_type=media)

    return app


if __name__ == "__main__":
    os.environ["BARE_ANSWERS"] = sys.argv[2]
    Server(
        "tests.bench.bare:make",
        factory=True,
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        blocking_threads=32,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()
