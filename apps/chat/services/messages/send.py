"""Send a message: store the question, an empty reply and its generation, in one transaction."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.chat.conversation_settings.servers import ChatServers
from apps.chat.conversation_settings.values import Settings, put_settings
from apps.chat.errors import EmptyMessage, FileGone
from apps.chat.live.broadcast import broadcast_messages, broadcast_stored
from apps.chat.models import Conversation, Folder, Message, Mode, TitleOrigin
from apps.chat.services.messages.attach import forget_files
from apps.chat.services.messages.exchange import (
    Exchange,
    have_at_hand,
    lock_with_owner,
    read_thread_end,
    require_next,
    store_next_question,
    store_question,
    store_reply,
)
from apps.chat.titles import title_for

__all__ = ["Exchange", "send_message", "start_conversation"]


def start_conversation(  # noqa: PLR0913 (a question may come with that much)
    *,
    owner: User,
    text: str,
    files: Collection[UUID] = (),
    idempotency_key: UUID | None = None,
    form_key: UUID | None = None,
    mode: Mode = Mode.CHAT,
    settings: Settings | None = None,
    is_temporary: bool = False,
    folder: Folder | None = None,
) -> Exchange:
    """Begin a conversation with its first question, with ``files`` from the owner's draft.

    The conversation begins with ``settings``. A temporary conversation is listed nowhere and purged by itself.
    ``folder`` is a folder of the owner.

    Raises ``EmptyMessage``, ``TooManyReplies``, ``FileGone``, ``FileTooLarge`` and ``TooManyFiles``. The same
    ``idempotency_key`` gives the same exchange: a double click makes one.
    """
    if not text.strip():
        raise EmptyMessage
    if earlier := _sent_again(owner, idempotency_key, files):
        return earlier
    try:
        with transaction.atomic():
            conversation = Conversation(owner=owner, mode=mode, is_temporary=is_temporary, folder=folder)
            conversation.title, conversation.title_origin = title_for(owner, text), TitleOrigin.WORDS
            put_settings(conversation, settings or {})
            conversation.save()
            question = store_question(conversation, None, text, files=files, form_key=form_key)
            return store_reply(question, idempotency_key, is_first=True, has_files=bool(files))
    except (IntegrityError, FileGone):
        # A double click: the other request was first.
        if earlier := _sent_again(owner, idempotency_key, files):
            return earlier
        raise


def send_message(  # noqa: PLR0913 (a question may come with that much)
    *,
    conversation: Conversation,
    text: str,
    files: Collection[UUID] = (),
    idempotency_key: UUID | None = None,
    form_key: UUID | None = None,
    servers: ChatServers | None = None,
) -> Exchange:
    """Ask the next question of the current thread, with ``files`` from the owner's draft.

    ``servers`` are ``chat_servers``, if the caller has read them. Raises ``EmptyMessage``, ``ReplyInProgress``,
    ``TooManyReplies``, ``FileGone``, ``FileTooLarge`` and ``TooManyFiles``.
    """
    if not text.strip():
        raise EmptyMessage
    with transaction.atomic():
        # One sender at a time: a second tab sees the first one's reply.
        conversation = lock_with_owner(conversation.pk)
        end = read_thread_end(conversation, idempotency_key)
        if end.was_sent and (earlier := _sent_again(conversation.owner, idempotency_key, files)):
            return earlier
        require_next(conversation, end)
        question = store_next_question(conversation, end, text, files=files, form_key=form_key)
        exchange = store_reply(
            question, idempotency_key, is_first=True, has_files=bool(files), counted=end.active, servers=servers
        )
        if files:
            ids = [exchange.question.pk, exchange.reply.pk]
            transaction.on_commit(partial(broadcast_messages, conversation.pk, ids))
            return exchange
        exchange = have_at_hand(exchange)
        transaction.on_commit(partial(broadcast_stored, conversation.pk, [exchange.question, exchange.reply]))
    return exchange


def sent_before(owner: User, idempotency_key: UUID | None) -> Exchange | None:
    """Return the exchange that the same key made before, if any."""
    if idempotency_key is None:
        return None
    reply = (
        Message.objects.select_related("conversation", "parent")
        .filter(generation__owner=owner, generation__idempotency_key=idempotency_key)
        .first()
    )
    if reply is None or reply.parent is None:
        return None
    return Exchange(reply.conversation, reply.parent, reply)


def _sent_again(owner: User, idempotency_key: UUID | None, files: Collection[UUID]) -> Exchange | None:
    """Return the exchange that the same key made before, if any, and delete the files that were uploaded again."""
    if earlier := sent_before(owner, idempotency_key):
        forget_files(owner=owner, ids=files)
    return earlier
