"""Have the model title new conversations while it is idle."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.chat.live.broadcast import broadcast_title
from apps.chat.models import Conversation, TitleOrigin
from apps.chat.titles import title_of_model
from apps.endpoints.choices import Health
from apps.endpoints.choices import State as EndpointState
from apps.endpoints.errors import EndpointError
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation, State
from apps.generation.worker.aside import ask_aside
from apps.generation.worker.runtime import Runtime
from apps.inference.errors import InferenceError
from apps.inference.requests import ChatMessage

logger = structlog.get_logger(__name__)

INSTRUCTION = "Write a title of two to six words for this conversation. Answer with the title alone."
MOST_TOKENS = 24
EXCERPT = 1_000  # characters of the question, and of the reply
RECENT = timedelta(days=1)  # older conversations keep the title by which people know them


def title_conversations(*, runtime: Runtime) -> None:
    """Title new conversations, the latest first, as long as no reply waits or runs.

    A conversation's title comes from the endpoint that wrote its reply. The endpoint is asked once: if it fails, the
    first words stay as the title. A title that gave way to a reply is tried again.
    """
    while settings.CHAT_MODEL_TITLES and not Generation.objects.active().exists():
        conversation = _claim()
        if conversation is None or not _title(conversation, runtime):
            return


def _untitled() -> QuerySet[Conversation]:
    return Conversation.objects.filter(
        title_origin=TitleOrigin.WORDS,
        owner__model_titles=True,
        is_temporary=False,
        deleted_at__isnull=True,
        created_at__gt=timezone.now() - RECENT,
        current__generation__state=State.SUCCEEDED,
        current__generation__endpoint__health=Health.HEALTHY,
        current__generation__endpoint__state=EndpointState.ENABLED,
    )


def _claim() -> Conversation | None:
    """Return a conversation that no other worker titles."""
    with transaction.atomic():
        untitled = _untitled().order_by("-created_at")
        conversation = untitled.select_for_update(of=("self",), skip_locked=True).first()
        if conversation is not None:
            Conversation.objects.filter(pk=conversation.pk).update(title_origin=TitleOrigin.ASKED)
    return conversation


def _title(conversation: Conversation, runtime: Runtime) -> bool:
    """Title the conversation. Return whether to go on with the next conversation."""
    try:
        answer = ask_aside(
            endpoint=_endpoint_of(conversation),
            messages=_messages(conversation),
            max_tokens=MOST_TOKENS,
            runtime=runtime,
        )
    except (InferenceError, EndpointError) as error:
        logger.warning("title not made", conversation=str(conversation.pk), error=type(error).__name__)
        return False
    mine = Conversation.objects.filter(pk=conversation.pk, title_origin=TitleOrigin.ASKED)  # not renamed meanwhile
    if answer is None:
        mine.update(title_origin=TitleOrigin.WORDS)
        return False
    title = title_of_model(answer)
    if title and mine.update(title=title, title_origin=TitleOrigin.MODEL, beside_changed_at=Now()):
        broadcast_title(conversation.pk, title)
    return True


def _endpoint_of(conversation: Conversation) -> Endpoint:
    """Return the endpoint that wrote the reply."""
    answered_by = Conversation.objects.filter(pk=conversation.pk).values("current__generation__endpoint")
    return Endpoint.objects.get(pk__in=answered_by)


def _messages(conversation: Conversation) -> list[ChatMessage]:
    """Return the beginning of the conversation, and the instruction to title it."""
    first, reply = conversation.thread.order_by("position")[:2]
    return [
        ChatMessage("user", first.question[:EXCERPT]),
        ChatMessage("assistant", reply.text[:EXCERPT]),
        ChatMessage("user", INSTRUCTION),
    ]
