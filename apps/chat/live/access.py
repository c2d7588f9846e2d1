"""Check that a person may still see a conversation while its page is connected."""

from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from apps.chat.selectors import find_conversation
from apps.stores.outages import POSTGRES_AWAY

logger = structlog.get_logger(__name__)


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
            return find_conversation(get_user(request), self.conversation_id) is None
        except POSTGRES_AWAY as error:
            # Streams go on while Postgres is down.
            logger.warning("access not checked", error=type(error).__name__)
            return False
