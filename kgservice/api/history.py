"""The past: a term's history, the changes of the whole glossary as JSON and as an Atom feed."""

from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response, jsonify
from marshmallow import EXCLUDE, RAISE

from kgservice.api.context import public_url, service
from kgservice.api.forms import Blueprint
from kgservice.api.openapi import API, answers, content, data
from kgservice.api.parameters import SEQ_MAX, SLUG_IN_PATH, Arguments, ChangeList, Feed, History, choice_in_path
from kgservice.api.ready import answer
from kgservice.api.schemas import ref
from kgservice.api.terms import blueprint as terms
from kgservice.errors import NotFound
from kgservice.model.speaking import Json
from kgservice.services.history import Changed, change_lines, changes, last_changes, term_history
from kgservice.store.history import Entry

blueprint = Blueprint("changes", __name__, url_prefix="/api/v1/changes", description="Changes of the glossary")
documents = Blueprint("change documents", __name__, description="Changes as documents")

NQUADS = "application/n-quads"
ATOM = "http://www.w3.org/2005/Atom"

FEED_LENGTH = 50

SEQ_IN_PATH = {
    "in": "path",
    "name": "seq",
    "schema": {"type": "integer", "minimum": 1, "maximum": SEQ_MAX},
    "description": "The change.",
    "example": 1,
}
NAME_IN_PATH = choice_in_path("name", ("removed", "added"), "Which of the two.")


def _entry(entry: Entry) -> Json:
    return {"seq": entry.seq, "time": entry.time, "editor": entry.editor, "note": entry.note}


@terms.get("/<slug>/history", parameters=[SLUG_IN_PATH])
@terms.arguments(History, location="query", unknown=RAISE)
@answers("getHistory", data(ref("History")), problems=("not-found", "gone", *API), kept=False, headers=("Link",))
def get_history(arguments: Arguments, slug: str) -> Response:
    """What was done to a term, the last change first: who, when, why, in words and in N-Quads."""
    items, following = term_history(service().store, slug, arguments.get("after"), arguments["limit"])
    told = [{**_entry(one.entry), "summary": one.summary, "removed": one.removed, "added": one.added} for one in items]
    return _page(told, following, f"/api/v1/terms/{slug}/history", {"after": following, "limit": arguments["limit"]})


@blueprint.get("")
@blueprint.arguments(ChangeList, location="query", unknown=RAISE)
@answers("listChanges", data(ref("ChangeList")), problems=API, headers=("Link",))
def get_list(arguments: Arguments) -> Response:
    """The changes after a sequence, in order. Above 100 kB of triples, links to them stand in their place."""

    def build() -> Response:
        items, following = changes(service().store, arguments["since"], arguments["limit"])
        query = {"since": following, "limit": arguments["limit"]}
        return _page([_changed(one) for one in items], following, "/api/v1/changes", query)

    return answer(None, ("changes", *sorted(arguments.items())), build, cache_control="no-cache")


def _changed(one: Changed) -> Json:
    seq = one.entry.seq
    links = {name: public_url(f"/changes/{seq}/{name}.nq") for name in ("removed", "added")}
    lines = dict(zip(("removed", "added"), one.lines, strict=True)) if one.lines else {"removed": None, "added": None}
    return {**_entry(one.entry), "terms": one.terms, "moreTerms": one.more, **lines, "links": links}


def _page(items: list[Json], following: int | None, path: str, query: Json) -> Response:
    response = jsonify({"items": items, "next": None if following is None else str(following)})
    if following is not None:
        response.headers["Link"] = f'<{public_url(f"{path}?{urlencode(query)}")}>; rel="next"'
    response.headers["Cache-Control"] = "no-cache"
    return response


@documents.get(f"/changes/<int(min=1, max={SEQ_MAX}):seq>/<name>.nq", parameters=[SEQ_IN_PATH, NAME_IN_PATH])
@answers("getChangedLines", content(NQUADS), problems=("not-found",), kept=False)
def get_lines(seq: int, name: str) -> Response:
    """All that a change removed or added, in N-Quads; it never changes."""
    removed, added = change_lines(service().store, seq)
    if name not in ("removed", "added"):
        raise NotFound(f"a change has removed.nq and added.nq, not {name}.nq")
    response = Response(removed if name == "removed" else added, content_type=NQUADS)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@documents.get("/changes.atom")
@documents.arguments(Feed, location="query", unknown=EXCLUDE)
@answers("getFeed", content("application/atom+xml"), problems=("invalid",))
def get_feed(arguments: Arguments) -> Response:
    """The last changes, for feed readers; `rel="next"` leads to those before."""

    def build() -> Response:
        items, following = last_changes(service().store, arguments["before"], FEED_LENGTH)
        return Response(_feed(items, following), content_type="application/atom+xml; charset=utf-8")

    return answer(None, ("atom", arguments["before"]), build)


def _feed(items: list[Changed], following: int | None) -> str:
    feed = Element("feed", xmlns=ATOM)
    SubElement(feed, "id").text = public_url("/changes.atom")
    SubElement(feed, "title").text = "Changes of the glossary"
    SubElement(feed, "updated").text = items[0].entry.time if items else "1970-01-01T00:00:00Z"
    SubElement(feed, "link", rel="self", href=public_url("/changes.atom"))
    if following is not None:
        SubElement(feed, "link", rel="next", href=public_url(f"/changes.atom?before={following}"))
    for one in items:
        _add_entry(feed, one)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode") + "\n"


def _add_entry(feed: Element, one: Changed) -> None:
    entry = SubElement(feed, "entry")
    address = public_url(f"/api/v1/changes?{urlencode({'since': one.entry.seq - 1, 'limit': 1})}")
    SubElement(entry, "id").text = address
    SubElement(entry, "title").text = f"{one.entry.seq}: {one.entry.note}"
    SubElement(entry, "updated").text = one.entry.time
    SubElement(SubElement(entry, "author"), "name").text = one.entry.editor
    SubElement(entry, "link", rel="alternate", type="application/json", href=address)
    SubElement(entry, "content", type="text").text = ", ".join(one.terms) + (" and more" if one.more else "")
