"""`/api/v1/topics`."""

from flask import Response
from marshmallow import RAISE

from kgservice.api import representations
from kgservice.api.context import service
from kgservice.api.negotiation import asked_languages
from kgservice.api.openapi import API, answers, data
from kgservice.api.parameters import Arguments, Blueprint, Lang
from kgservice.api.ready import answer
from kgservice.api.representations import respond, speaker_for
from kgservice.api.schemas import either
from kgservice.services.terms import list_topics

blueprint = Blueprint("topics", __name__, url_prefix="/api/v1/topics", description="Topics: named groups of terms")


@blueprint.get("")
@blueprint.arguments(Lang, location="query", unknown=RAISE)
@answers(
    "listTopics",
    data(either("TopicList", "MultilingualTopicList"), "topics"),
    problems=API,
    headers=("Content-Language",),
)
def get_list(arguments: Arguments) -> Response:
    """Every topic, with the number of its terms."""

    def build() -> Response:
        store = service().store
        speaker = speaker_for(arguments.get("lang"), store.glossary())
        items = [representations.topic_item(speaker, one) for one in list_topics(store)]
        return respond(speaker, {"items": items, "next": None})

    vary = () if "lang" in arguments else ("Accept-Language",)
    return answer(None, ("topics", asked_languages(arguments.get("lang"))), build, vary=vary)
