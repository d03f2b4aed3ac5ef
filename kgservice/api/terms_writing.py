"""Writes to terms. Each answers with the term's editing representation, its ETag and the sequence of the change."""

from flask import Response
from marshmallow import RAISE

from kgservice.api import representations
from kgservice.api.access import bearer, need, role
from kgservice.api.bodies import read_document
from kgservice.api.context import public_url, service
from kgservice.api.negotiation import EVERY
from kgservice.api.openapi import edits
from kgservice.api.parameters import (
    LANG_IN_PATH,
    SEQ_MAX,
    SLUG_IN_PATH,
    Arguments,
    Deletion,
    Noted,
    Rename,
    Revert,
    Status,
)
from kgservice.api.preconditions import made_from
from kgservice.api.ready import etag_of
from kgservice.api.representations import respond, speaker_for
from kgservice.api.schemas import SLUG_SCHEMA
from kgservice.api.terms import blueprint
from kgservice.errors import Fault, Invalid
from kgservice.model.glossary import Glossary
from kgservice.model.languages import canonical_tag
from kgservice.model.roles import allows
from kgservice.model.speaking import Json
from kgservice.model.terms import STATUSES
from kgservice.model.views import TermView
from kgservice.services import editing
from kgservice.services.editing import Edit, Written
from kgservice.services.history import revert_term
from kgservice.services.terms import get_term

JSON_TYPES = ("application/json", "application/ld+json")
MERGE_PATCH = "application/merge-patch+json"

DOCUMENT = {media: {"schema": {"type": "object", "required": ["prefLabel"]}} for media in JSON_TYPES}


def _json(**properties: Json) -> Json:
    """A small JSON body as OpenAPI tells it."""
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {media: {"schema": schema} for media in JSON_TYPES}


@blueprint.put("/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Noted, location="query", unknown=RAISE)
@role("editor")
@edits("putTerm", "It was replaced.", body=DOCUMENT, statuses={"200": "It was replaced.", "201": "It was made."})
def put_one(arguments: Arguments, slug: str) -> Response:
    """Make a term (`If-None-Match: *`) or replace what is known of it (`If-Match`)."""
    document = read_document(*JSON_TYPES)
    written = editing.put_term(service().store, slug, document, _edit(arguments))
    response = _answer(slug, written)
    if written.created:
        response.status_code = 201
        response.headers["Location"] = public_url(f"/api/v1/terms/{slug}")
    return response


@blueprint.patch("/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Noted, location="query", unknown=RAISE)
@role("editor")
@edits("patchTerm", "It was edited.", body={MERGE_PATCH: {"schema": {"type": "object"}}})
def patch_one(arguments: Arguments, slug: str) -> Response:
    """Merge a patch into a term's editing representation (RFC 7396)."""
    patch = read_document(MERGE_PATCH)
    return _answer(slug, editing.patch_term(service().store, slug, patch, _edit(arguments), _represented))


@blueprint.delete("/<slug>", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Deletion, location="query", unknown=RAISE)
@role("editor", purge="admin")
@edits("deleteTerm", "", statuses={"200": "It is deprecated.", "204": "It is gone."})
def delete_one(arguments: Arguments, slug: str) -> Response:
    """Deprecate a term: it leaves lists and search, its IRI goes on answering. With `purge`, remove it (admin)."""
    store, edit = service().store, _edit(arguments)
    if not arguments["purge"]:
        return _answer(slug, editing.deprecate_term(store, slug, arguments.get("replaced_by"), edit))
    need("admin")
    if "replaced_by" in arguments:
        raise Invalid([Fault("replacedBy", "is for a term that stays; a purged one cannot say what replaces it")])
    written = editing.purge_term(store, slug, edit)
    return Response(status=204, headers={"KG-Seq": str(written.seq)})


@blueprint.post("/<slug>/rename", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Noted, location="query", unknown=RAISE)
@role("editor")
@edits("renameTerm", "It has another slug.", body=_json(slug=SLUG_SCHEMA))
def post_rename(arguments: Arguments, slug: str) -> Response:
    """Give a term another slug, and so another address. Its IRI stays, and the old address leads to the new one."""
    new = _body(Rename)["slug"]
    response = _answer(new, editing.rename_term(service().store, slug, new, _edit(arguments)))
    response.headers["Location"] = public_url(f"/api/v1/terms/{new}")
    return response


@blueprint.post("/<slug>/revert", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Noted, location="query", unknown=RAISE)
@role("editor")
@edits("revertTerm", "It is as it was.", body=_json(to={"type": "integer", "minimum": 1, "maximum": SEQ_MAX}))
def post_revert(arguments: Arguments, slug: str) -> Response:
    """Make a term what it was at a sequence, as a new change."""
    return _answer(slug, revert_term(service().store, slug, _body(Revert)["to"], _edit(arguments)))


@blueprint.post("/<slug>/editions/<lang>/status", parameters=[SLUG_IN_PATH, LANG_IN_PATH])
@blueprint.arguments(Noted, location="query", unknown=RAISE)
@role("editor", reviewed="reviewer")
@edits("setStatus", "The edition has that status.", body=_json(status={"type": "string", "enum": list(STATUSES)}))
def post_status(arguments: Arguments, slug: str, lang: str) -> Response:
    """Say in what state a term is in a language. Only reviewers can say that it is reviewed."""
    status, tag = _body(Status)["status"], canonical_tag(lang)
    if tag is None:
        raise Invalid([Fault("lang", f"{lang[:50]!r} is not a language tag, such as en or zh-Hant")])
    if status == "reviewed":
        need("reviewer")
    return _answer(slug, editing.set_status(service().store, slug, tag, status, _edit(arguments)))


def _edit(arguments: Arguments) -> Edit:
    """Who writes, why, and from what."""
    token = bearer()
    return Edit(token.name, arguments.get("note", ""), made_from(), may_review=allows(token.role, "reviewer"))


def _body(schema: type) -> Json:
    """A small JSON body in the form of a schema."""
    document = read_document(*JSON_TYPES)
    faults = schema().validate(document)
    if faults:
        raise Invalid([Fault(str(name), text) for name, texts in faults.items() for text in texts])
    loaded: Json = schema().load(document)
    return loaded


def _represented(view: TermView, glossary: Glossary) -> Json:
    return representations.term(speaker_for("*", glossary), view, glossary, public_url(""))


def _answer(slug: str, written: Written) -> Response:
    """The term as it is now. Its version is read first: the ETag is never newer than what it is of."""
    store = service().store
    etag = etag_of(slug, ("json", EVERY))
    view, glossary = get_term(store, slug)
    response = respond(speaker_for("*", glossary), _represented(view, glossary))
    response.set_etag(etag)
    response.headers["KG-Seq"] = str(written.seq)
    response.headers["Cache-Control"] = "no-cache"
    return response
