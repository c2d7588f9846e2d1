"""Sessions in Postgres as Django keeps them, read by a compiled queryset: every request and every socket reads one."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from apps.stores.compiled import compiled


class SessionStore(DatabaseSessionStore):
    """One session. An ended or expired session is not found."""

    def _get_session_from_db(self) -> Any:
        for session in _read_session(self.session_key, timezone.now()):
            return session
        self._session_key = None
        return None


@compiled
def _read_session(key: str | None, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
