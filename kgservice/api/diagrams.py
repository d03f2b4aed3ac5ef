"""Diagrams of a term's neighbourhood."""

from flask import Response
from flask_smorest import Blueprint
from marshmallow import EXCLUDE

from kgservice.api.context import public_url, service
from kgservice.api.negotiation import asked_languages, requested_languages
from kgservice.api.openapi import answers, content
from kgservice.api.parameters import SLUG_IN_PATH, Arguments, Diagram
from kgservice.api.ready import answer
from kgservice.diagrams.mermaid import mermaid
from kgservice.model.neighbourhood import Neighbour
from kgservice.services.neighbourhoods import neighbourhood

blueprint = Blueprint("diagrams", __name__, description="Pictures of a term's neighbourhood")


@blueprint.get("/terms/<slug>/diagram.mmd", parameters=[SLUG_IN_PATH])
@blueprint.arguments(Diagram, location="query", unknown=EXCLUDE)
@answers("getMermaid", content("text/vnd.mermaid", example="mermaid"), problems=("not-found", "invalid"))
def get_mermaid(arguments: Arguments, slug: str) -> Response:
    """The neighbourhood as Mermaid text."""
    titles = arguments["labels"] == "title"
    asked = asked_languages(arguments.get("lang")) if titles else ()
    variant = ("mmd", asked, slug, *sorted(arguments.items()))
    about = slug if arguments["depth"] == 1 else None  # deeper ones show terms that no edge joins to this one
    vary = ("Accept-Language",) if titles and "lang" not in arguments else ()
    return answer(about, variant, lambda: _mermaid(arguments, slug), vary=vary)


def _mermaid(arguments: Arguments, slug: str) -> Response:
    store = service().store
    languages = requested_languages(arguments.get("lang"), store.glossary())
    found = neighbourhood(store, slug, depth=arguments["depth"], kinds=arguments["edges"], limit=arguments["limit"])

    def title(node: Neighbour) -> str:
        picked = languages.pick(node.label) if arguments["labels"] == "title" else None
        return picked.value if picked else node.slug

    def link(to: str) -> str | None:
        path = f"/terms/{to}"
        return {"absolute": public_url(path), "relative": path, "none": None}[arguments["links"]]

    text = mermaid(found, title=title, link=link, direction=arguments["direction"])
    return Response(text, content_type="text/vnd.mermaid; charset=utf-8")
