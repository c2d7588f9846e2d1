"""Check who may see a conversation, when a connection opens and while it is open."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.stores.outages import POSTGRES_AWAY

logger = structlog.get_logger(__name__)


def conversation_for(user: Any, conversation_id: UUID) -> Conversation | None:
    """The only door: what is not the user's is not there."""
    if not isinstance(user, User):
        return None
    return Conversation.objects.visible_to(user).filter(pk=conversation_id).first()


@dataclass(frozen=True, slots=True)
class Access:
    """One session's access to one conversation."""

    session_key: str | None
    conversation_id: UUID

    def is_lost(self) -> bool:
        """Return whether the person has signed out, or may no longer see the conversation."""
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self.session_key)
        try:
            return conversation_for(get_user(request), self.conversation_id) is None
        except POSTGRES_AWAY as error:
            # Streams go on while Postgres is down.
            logger.warning("access not checked", error=type(error).__name__)
            return False
