"""`/api/v1/languages`."""

from flask import Response, jsonify
from marshmallow import RAISE

from kgservice.api.context import service
from kgservice.api.openapi import API, answers, data
from kgservice.api.parameters import Arguments, Blueprint, Nothing
from kgservice.api.ready import answer
from kgservice.api.schemas import ref
from kgservice.model.language_names import own_name
from kgservice.model.languages import direction
from kgservice.services.terms import list_languages

blueprint = Blueprint("languages", __name__, url_prefix="/api/v1/languages", description="Languages of the glossary")


@blueprint.get("")
@blueprint.arguments(Nothing, location="query", unknown=RAISE)
@answers("listLanguages", data(ref("LanguageList"), "languages"), problems=API)
def get_list(_arguments: Arguments) -> Response:
    """Every language, under its own name, with the number of terms that have a label in it."""

    def build() -> Response:
        counts = list_languages(service().store)
        items = [
            {"tag": tag, "name": own_name(tag), "dir": direction(tag), "terms": terms} for tag, terms in counts.items()
        ]
        return jsonify({"items": items, "next": None})

    return answer(None, ("languages",), build)
