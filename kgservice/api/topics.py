"""`/api/v1/topics`."""

from flask import Response
from marshmallow import RAISE

from kgservice.api import representations
from kgservice.api.context import service
from kgservice.api.forms import Blueprint
from kgservice.api.negotiation import asked_languages
from kgservice.api.openapi import API, answers, data
from kgservice.api.paging import link_next
from kgservice.api.parameters import Arguments, TopicList
from kgservice.api.ready import answer
from kgservice.api.representations import respond, speaker_for
from kgservice.api.schemas import either
from kgservice.services.terms import page_of_topics

blueprint = Blueprint("topics", __name__, url_prefix="/api/v1/topics", description="Topics: named groups of terms")


@blueprint.get("")
@blueprint.arguments(TopicList, location="query", unknown=RAISE)
@answers(
    "listTopics",
    data(either("TopicList", "MultilingualTopicList"), "topics"),
    problems=API,
    headers=("Content-Language", "Link"),
)
def get_list(arguments: Arguments) -> Response:
    """A page of topics, by slug, each with the number of its terms."""

    def build() -> Response:
        store = service().store
        speaker = speaker_for(arguments.get("lang"), store.glossary())
        found, following = page_of_topics(store, after=arguments["after"], limit=arguments["limit"])
        items = [representations.topic_item(speaker, one) for one in found]
        return link_next(respond(speaker, {"items": items, "next": following}), arguments, following)

    vary = () if "lang" in arguments else ("Accept-Language",)
    variant = ("topics", asked_languages(arguments.get("lang")), *sorted(arguments.items()))
    return answer(None, variant, build, vary=vary)
