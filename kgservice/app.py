"""The application: settings in, a WSGI application out."""

import atexit
import gc
import os
import time
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from kgservice.api import context, counting, register
from kgservice.api.in_front import planned
from kgservice.api.ready import ReadyAnswers
from kgservice.api.turned_away import TurningAway
from kgservice.config import Settings
from kgservice.services.query_limits import read_limits
from kgservice.store.counters import Counters
from kgservice.store.queries import QUERY_KEYS, Queries
from kgservice.store.sandbox import die_with_parent
from kgservice.store.store import Store


def create_app(settings: Settings, *, with_queries: bool = True) -> Flask:
    """The service over a data directory. Its query processes start at once and end with this process."""
    app = Flask("kgservice", static_folder=None)
    app.url_map.merge_slashes = False  # it would redirect to the host that the request names
    provider = app.json
    if isinstance(provider, DefaultJSONProvider):
        provider.ensure_ascii = False
        provider.sort_keys = False
        provider.compact = True
    store = Store(settings.data_dir)
    limits = read_limits(settings.query_limits)
    register(app)
    counting.register(app)
    counters = Counters(settings.data_dir / "counters", [*counting.keys(app), *QUERY_KEYS], counting.GAUGES)
    counters.set(counting.STARTED, time.time())
    queries = Queries(store, trusted=settings.sparql_trusted, limits=limits, count=counters.add)
    service = context.Service(settings, store, queries, counters)
    context.attach(app, service)
    app.wsgi_app = TurningAway(app, queries)  # type: ignore[method-assign]
    ready = app.extensions["kgservice.ready"] = ReadyAnswers(app.wsgi_app, planned, service)
    app.wsgi_app = counting.Counting(ready, counters)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        proxies = settings.trusted_proxies  # only whose client it is: links never follow what a request says
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    if with_queries:
        queries.start()
    return app


def to_environment(settings: Settings) -> dict[str, str]:
    """Settings of the server that this process is, as variables for its workers; `from_environment` reads them."""
    return {
        "KGSERVICE_DATA_DIR": str(settings.data_dir),
        "KGSERVICE_PUBLIC_URL": settings.public_url,
        "KGSERVICE_SPARQL_TRUSTED": "1" if settings.sparql_trusted else "",
        "KGSERVICE_TRUSTED_PROXIES": str(settings.trusted_proxies),
        "KGSERVICE_QUERY_LIMITS": str(settings.query_limits or ""),
        "KGSERVICE_SERVER_PID": str(os.getpid()),
    }


def from_environment(environment: Mapping[str, str] = os.environ) -> Flask:
    """The application of a worker process, called in it by the server.

    The worker ends with the server. It leaves the terminal's process group, so that Ctrl-C reaches the server alone:
    two signals at once (the terminal's, then the server's) can keep a granian worker from ending.
    """
    die_with_parent()
    if os.getppid() != int(environment.get("KGSERVICE_SERVER_PID", os.getppid())):
        raise SystemExit("the server ended before this worker began")  # too early for the kernel to have told it
    os.setsid()
    app = create_app(
        Settings(
            data_dir=Path(environment["KGSERVICE_DATA_DIR"]),
            public_url=environment["KGSERVICE_PUBLIC_URL"],
            sparql_trusted=bool(environment.get("KGSERVICE_SPARQL_TRUSTED")),
            trusted_proxies=int(environment.get("KGSERVICE_TRUSTED_PROXIES") or 0),
            query_limits=Path(limits) if (limits := environment.get("KGSERVICE_QUERY_LIMITS")) else None,
        )
    )
    atexit.register(app.extensions["kgservice"].queries.close)
    gc.collect()
    gc.freeze()  # what is there now stays; looking through it again and again would cost a tenth of each answer
    return app
