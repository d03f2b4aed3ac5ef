"""`/api/v1/coverage`: what a language lacks."""

from dataclasses import asdict

from flask import Response
from marshmallow import RAISE

from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import parse_lang
from kgservice.api.openapi import API, answers, data
from kgservice.api.paging import link_next
from kgservice.api.parameters import Arguments, Coverage
from kgservice.api.ready import answer
from kgservice.api.representations import respond
from kgservice.api.schemas import ref
from kgservice.errors import Fault, Invalid
from kgservice.model.languages import Languages
from kgservice.model.speaking import Speaker
from kgservice.services.coverage import get_coverage

blueprint = Blueprint("coverage", __name__, url_prefix="/api/v1/coverage", description="What each language lacks")


@blueprint.get("")
@blueprint.arguments(Coverage, location="query", unknown=RAISE)
@answers("getCoverage", data(ref("Coverage"), "coverage"), problems=API, headers=("Link",))
def get_one(arguments: Arguments) -> Response:
    """Per field what a language has, lacks and has stale; then the terms with work to do, most needed first."""

    def build() -> Response:
        store = service().store
        glossary = store.glossary()
        tags = parse_lang(arguments.get("lang")) or glossary.languages[:1]
        if len(tags) > 1:
            raise Invalid([Fault("lang", "names several languages; coverage is of one")])
        after, limit = arguments["after"], arguments["limit"]
        counts, items, following = get_coverage(store, tags[0], after=after, limit=limit)
        speaker = Speaker(Languages(tags, glossary.languages))
        told = [
            {
                "slug": one.slug,
                "iri": one.iri,
                "prefLabel": speaker.text(one.label),
                "neededBy": one.needed_by,
                "missing": one.missing,
                "stale": one.stale,
            }
            for one in items
        ]
        fields = {name: asdict(count) for name, count in counts.items()}
        response = respond(speaker, {"lang": tags[0], "fields": fields, "items": told, "next": following})
        return link_next(response, {**arguments, "lang": tags[0]}, following)

    return answer(None, ("coverage", *sorted(arguments.items())), build)
