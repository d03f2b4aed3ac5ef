"""Ready answers: rendered once, kept by what was asked for, served again as long as nothing in them has changed.

A view hands its rendering to `answer`, which tells the version of the term first: a client that has that version gets
304 before anything is read. What was rendered is kept, and `ReadyAnswers`, in front of Flask, serves it again after one
probe of the version. It is keyed by everything that a rendering may depend on: path, query, `Accept` and
`Accept-Language`. Content is read after its version, so that a rendering is never older than it says.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Response, request

from kgservice import __version__
from kgservice.api.context import Service, service
from kgservice.api.counting import HIT, NO_ROUTE, READY_BYTES, ROUTE
from kgservice.api.headers import ALWAYS
from kgservice.errors import NotFound
from kgservice.model.glossary import Glossary
from kgservice.store.versions import Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REPRESENTATION = "1"
"""Changes when the same data is rendered otherwise, so that no client keeps the old form."""

KEPT_BYTES = 32 * 1024 * 1024
"""Bytes of answers, with all that belongs to them, that one web process keeps; what was kept first goes first."""

OVERHEAD = 3000
"""Bytes that an answer takes beside its texts: measured with many small ones."""

KEY_MAX = 2000
"""Characters of path, query and headers of a request whose answer is kept."""

FRESH = "public, max-age=60, stale-while-revalidate=86400"
"""For readers and CDNs: a minute without asking, a day while asking again in the background."""

ALWAYS_ASK = "no-cache"
"""For editors: kept, but asked about every time."""

_KEEP = "kgservice.keep"


class Rendering(NamedTuple):
    """What an answer says, and the headers that tell of it."""

    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()

    def with_header(self, name: str, value: str) -> "Rendering":
        """The same with one header more."""
        return self._replace(headers=(*self.headers, (name, value)))


def response_of(rendering: Rendering) -> Response:
    """A rendering as an answer of Flask's."""
    response = Response(rendering.body, content_type=rendering.content_type)
    response.headers.extend(rendering.headers)
    return response


class Plan(NamedTuple):
    """How answers about terms are made that differ in the term alone, and what sets them apart from others about it.

    It rests on nothing of a request but what it was planned with, so they can be made in front of Flask, too.
    """

    variant: tuple[Hashable, ...]
    build: Callable[[Service, Glossary, str], Rendering]
    cache_control: str = FRESH
    vary: tuple[str, ...] = ()
    far: bool = False
    """Whether they show terms that no edge joins to the one they are about: any change may change them."""

    def about(self, slug: str) -> str | None:
        """What the answer about a term is made from: that term, or (None) the whole log."""
        return None if self.far else slug


def answer_as_planned(plan: Plan, slug: str) -> Response:
    """The answer of a plan about a term; see `answer`."""

    def build() -> Response:
        return response_of(plan.build(service(), service().store.glossary(), slug))

    return answer(plan.about(slug), plan.variant, build, cache_control=plan.cache_control, vary=plan.vary)


class _Mark(NamedTuple):
    """What an answer was made from: a slug (none for the whole log) and its version."""

    slug: str | None
    version: Version


def answer(
    slug: str | None,
    variant: Iterable[object],
    build: Callable[[], Response],
    *,
    cache_control: str = FRESH,
    vary: Iterable[str] = (),
) -> Response:
    """The answer about a term (or, without a slug, about the glossary) in a variant of form, languages, parameters.

    304 without building it if the client has it; `NotFound` if there is no such term.
    """
    version = _version_of(slug)
    response = answer_at(version, variant, build, cache_control=cache_control, vary=vary)
    if response.status_code == 200 and response.is_sequence:
        request.environ[_KEEP] = _Mark(slug, version)
    return response


def answer_at(
    version: Version,
    variant: Iterable[object],
    build: Callable[[], Response],
    *,
    cache_control: str = FRESH,
    vary: Iterable[str] = (),
) -> Response:
    """The answer in a variant that is made from a version which the caller knows; it is not kept."""
    etag = _etag(version, _digest(service().settings.public_url, variant))
    known = _names(request.headers.get("If-None-Match", ""), etag)
    response = Response(status=304) if known else build()
    if response.status_code in (200, 304):
        response.set_etag(etag)
        response.headers["Cache-Control"] = cache_control
        for header in vary:
            response.vary.add(header)
    return response


def etag_of(slug: str, variant: Iterable[object]) -> str:
    """The ETag of a term in a variant, as `answer` would give it; `NotFound` if there is no such term."""
    return _etag(_version_of(slug), _digest(service().settings.public_url, variant))


def _version_of(slug: str | None) -> Version:
    version = service().store.versions.of(slug)
    if version is None:
        raise NotFound(f"there is no term {slug!r}")
    return version


def _etag(version: Version, digest: str) -> str:
    return f"r{version.revision}.{version.touched}.{REPRESENTATION}.{digest}"


def _digest(public_url: str, variant: Iterable[object]) -> str:
    told = "\n".join(map(str, (__version__, public_url, *variant)))
    return hashlib.blake2b(told.encode(), digest_size=6).hexdigest()


@lru_cache(1024)
def _digest_of_plan(public_url: str, variant: tuple[Hashable, ...]) -> str:
    """The same, remembered: a plan is for many terms."""
    return _digest(public_url, variant)


class _Kept(NamedTuple):
    mark: _Mark
    etag: str
    headers: list[tuple[str, str]]
    body: bytes
    route: str


class ReadyAnswers:
    """WSGI middleware that serves kept answers, and keeps those that it plans itself or that a view has marked."""

    def __init__(
        self,
        app: "WSGIApplication",
        planned: Callable[["WSGIEnvironment"], tuple[Plan, str] | None],
        service: Service,
    ) -> None:
        self._app = app
        self._planned = planned
        self._service = service
        self._versions = service.store.versions
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve it from what is kept, make it here, or have the application answer."""
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        key = (
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_ACCEPT", ""),
            environ.get("HTTP_ACCEPT_LANGUAGE", ""),
        )
        kept = self._kept.get(key)
        if kept is None or self._versions.of(kept.mark.slug) != kept.mark.version:
            kept = self._make(environ)
            if kept is None:
                return self._render(key, environ, start_response)
            self._keep(key, kept)
        else:
            environ[ROUTE], environ[HIT] = kept.route, True
        if _names(environ.get("HTTP_IF_NONE_MATCH", ""), kept.etag):
            start_response("304 NOT MODIFIED", [h for h in kept.headers if h[0] not in _BODY_HEADERS])
            return []
        start_response("200 OK", kept.headers[:])
        return [kept.body] if method == "GET" else []

    def _make(self, environ: "WSGIEnvironment") -> _Kept | None:
        """The answer, if it can be planned here; whatever is in its way, Flask meets and tells."""
        planned = self._planned(environ)
        if planned is None or environ.get("HTTP_IF_NONE_MATCH"):
            return None
        plan, slug = planned
        about = plan.about(slug)
        try:
            version, glossary = self._versions.of_answer(about)
            if version is None or glossary is None:
                return None
            rendering = plan.build(self._service, glossary, slug)
        except Exception:  # noqa: BLE001 - the view fails alike, and is answered and logged as all failures are
            return None
        etag = _etag(version, _digest_of_plan(self._service.settings.public_url, plan.variant))
        headers = [
            ("Content-Type", rendering.content_type),
            ("Content-Length", str(len(rendering.body))),
            *rendering.headers,
            ("ETag", f'"{etag}"'),
            ("Cache-Control", plan.cache_control),
            *(("Vary", name) for name in plan.vary),
            *ALWAYS,
        ]
        return _Kept(_Mark(about, version), etag, headers, rendering.body, environ.get(ROUTE, NO_ROUTE))

    def forget(self) -> None:
        """Drop all that is kept."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
            self._service.counters.set(READY_BYTES, 0)

    def _render(
        self, key: tuple[str, ...], environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        pieces = self._app(environ, start)
        mark = environ.get(_KEEP)
        if mark is None or environ["REQUEST_METHOD"] != "GET" or not started[0].startswith("200"):
            return pieces
        body = b"".join(pieces)
        close = getattr(pieces, "close", None)
        if close:
            close()
        etag = dict(started[1]).get("ETag", "").strip('"')
        self._keep(key, _Kept(mark, etag, started[1], body, environ.get(ROUTE, NO_ROUTE)))
        return [body]

    def _keep(self, key: tuple[str, ...], kept: _Kept) -> None:
        if sum(map(len, key)) > KEY_MAX:
            return
        with self._lock:
            if before := self._kept.pop(key, None):
                self._bytes -= _size(key, before)
            self._kept[key] = kept
            self._bytes += _size(key, kept)
            while self._bytes > KEPT_BYTES:
                self._bytes -= _size(*self._kept.popitem(last=False))
            self._service.counters.set(READY_BYTES, self._bytes)


def _size(key: tuple[str, ...], kept: _Kept) -> int:
    return (
        len(kept.body) + sum(map(len, key)) + sum([len(name) + len(value) for name, value in kept.headers]) + OVERHEAD
    )


def _names(header: str, etag: str) -> bool:
    """Whether an `If-None-Match` header has the tag, weak or strong; proxies make strong ones weak."""
    return (
        any(part.strip().removeprefix("W/").strip('"') in (etag, "*") for part in header.split(","))
        if header
        else False
    )


_BODY_HEADERS = ("Content-Type", "Content-Length")
