"""`/api/v1/languages`."""

from flask import Response, jsonify
from marshmallow import RAISE

from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.openapi import API, answers, data
from kgservice.api.paging import link_next
from kgservice.api.parameters import Arguments, LanguageList
from kgservice.api.ready import answer
from kgservice.api.schemas import ref
from kgservice.model.language_names import own_name
from kgservice.model.languages import direction
from kgservice.services.terms import page_of_languages

blueprint = Blueprint("languages", __name__, url_prefix="/api/v1/languages", description="Languages of the glossary")


@blueprint.get("")
@blueprint.arguments(LanguageList, location="query", unknown=RAISE)
@answers("listLanguages", data(ref("LanguageList"), "languages"), problems=API, headers=("Link",))
def get_list(arguments: Arguments) -> Response:
    """A page of languages, under their own names, each with the number of terms that have a label in it."""

    def build() -> Response:
        found, following = page_of_languages(service().store, after=arguments["after"], limit=arguments["limit"])
        items = [
            {"tag": tag, "name": own_name(tag), "dir": direction(tag), "terms": terms} for tag, terms in found.items()
        ]
        return link_next(jsonify({"items": items, "next": following}), arguments, following)

    return answer(None, ("languages", *sorted(arguments.items())), build)
