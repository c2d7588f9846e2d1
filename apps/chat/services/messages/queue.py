"""Queue the next message while a reply is being written, and send it when the reply is complete."""

from collections.abc import Collection, Iterable
from functools import partial
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.chat.errors import AlreadyQueued, ChatError, EmptyMessage, FileGone, ReplyInProgress
from apps.chat.live.broadcast import broadcast_queue
from apps.chat.models import Attachment, Conversation, QueuedMessage
from apps.chat.services.messages.exchange import Exchange, lock_row, require_idle
from apps.chat.services.messages.send import send_message
from apps.generation.models import State
from apps.stores.compiled import compiled

logger = structlog.get_logger(__name__)

COMPLETE = [State.SUCCEEDED, State.CANCELLED]  # a message after a failed reply waits for its author


def queue_message(
    *, conversation: Conversation, text: str, files: Collection[UUID] = (), form_key: UUID | None = None
) -> Exchange | None:
    """Queue a message with ``files`` from the owner's draft. Return its exchange if it was sent at once instead.

    The message is sent at once if no reply is being written. Raises ``EmptyMessage``, ``AlreadyQueued``, ``FileGone``
    and, when it sends, what ``send_message`` raises. The same ``form_key`` queues once.
    """
    if not text.strip():
        raise EmptyMessage
    key, owner = form_key or uuid4(), conversation.owner
    with transaction.atomic():
        locked = lock_row(conversation.pk)
        if sent := locked.messages.filter(key=key).first():
            return Exchange(locked, sent, sent.children.latest("version"))
        queued = QueuedMessage.objects.filter(conversation=locked).first()
        if queued is not None:
            if queued.key == key:
                return None
            raise AlreadyQueued
        try:
            require_idle(locked)
        except ReplyInProgress:
            _store(locked, text, files, key)
            _tell(locked.pk)
            # The reply may end before this commit, and the process that ends it then finds nothing queued.
            transaction.on_commit(partial(_send_all, _due(QueuedMessage.objects.filter(conversation=locked))))
            return None
        locked.owner = owner
        return send_message(conversation=locked, text=text, files=files, form_key=key)


def remove_queued(*, conversation: Conversation) -> str:
    """Remove the queued message, and return its text. Its files go back to the draft."""
    with transaction.atomic():
        queued = QueuedMessage.objects.select_for_update().filter(conversation=conversation).first()
        if queued is None:
            return ""
        queued.delete()
        _tell(conversation.pk)
        return queued.text


def send_queued(*, conversation_id: UUID) -> Exchange | None:
    """Send the queued message if no reply is being written. Return its exchange, or ``None``.

    Raises what ``send_message`` raises; the message stays queued then.
    """
    with transaction.atomic():
        conversation = lock_row(conversation_id)
        queued = QueuedMessage.objects.filter(conversation=conversation).first()
        if queued is None:
            return None
        files = list(queued.attachments.values_list("pk", flat=True))
        exchange = send_message(conversation=conversation, text=queued.text, files=files, form_key=queued.key)
        queued.delete()
        _tell(conversation.pk)
        return exchange


def send_after(*, generation_id: UUID) -> None:
    """Send the message that is queued behind this generation's reply, if the reply is complete."""
    _send_all(_read_due_after(generation_id))


@compiled
def _read_due_after(generation_id: UUID) -> QuerySet[QueuedMessage, UUID]:
    return _due(QueuedMessage.objects.filter(conversation__messages__generation=generation_id))


def send_left_queued() -> None:
    """Send the messages that were not sent when their replies ended, for example because of a crash."""
    _send_all(_due(QueuedMessage.objects.all()))


def _due(queued: QuerySet[QueuedMessage]) -> QuerySet[QueuedMessage, UUID]:
    complete = queued.filter(conversation__current__generation__state__in=COMPLETE)
    return complete.values_list("conversation", flat=True)


def _send_all(due: Iterable[UUID]) -> None:
    for conversation_id in due:
        try:
            send_queued(conversation_id=conversation_id)
        except ChatError as error:
            logger.info("queued message not sent", conversation=str(conversation_id), reason=type(error).__name__)


def _store(conversation: Conversation, text: str, files: Collection[UUID], key: UUID) -> None:
    queued = QueuedMessage.objects.create(conversation=conversation, text=text, key=key)
    waiting = Attachment.objects.in_draft(conversation.owner, conversation)
    if waiting.filter(pk__in=files).update(queued=queued) != len(set(files)):
        raise FileGone


def _tell(conversation_id: UUID) -> None:
    """Have open pages, and pages that connect later, show the present queued message."""
    Conversation.objects.filter(pk=conversation_id).update(beside_changed_at=Now())
    transaction.on_commit(partial(broadcast_queue, conversation_id))
