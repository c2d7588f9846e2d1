"""Check that a person may still see a conversation while its page is connected.

The checks of all viewers of a process share three queries: checks that come within a second are looked up together. If
the shared lookup does not confirm an access, it is checked as a request would be.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.accounts.models import User
from apps.accounts.sign_in.session_store import SessionStore
from apps.chat.models import Conversation
from apps.chat.selectors import find_conversation
from apps.stores.outages import POSTGRES_AWAY
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)

GATHER_SECONDS = 1.0


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


class AccessChecks:
    """The checks of one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Access, asyncio.Future[bool]] = {}
        self._task: asyncio.Task[None] | None = None

    async def is_lost(self, access: Access) -> bool:
        """Return whether the access is lost. The answer takes about a second, because checks are gathered."""
        future = self._waiting.setdefault(access, asyncio.get_running_loop().create_future())
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._check_soon())
        return await asyncio.shield(future)

    async def _check_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_SECONDS)
            waiting, self._waiting = self._waiting, {}
            try:
                lost = await in_thread(lost_among)(waiting)
            except Exception:  # viewers must not wait for ever; they ask again
                logger.exception("access not checked")
                lost = set()
            for access, future in waiting.items():
                if not future.done():
                    future.set_result(access in lost)


def lost_among(accesses: Iterable[Access]) -> set[Access]:
    """Return the accesses that are lost."""
    accesses = set(accesses)
    try:
        confirmed = _confirmed(accesses)
    except POSTGRES_AWAY as error:
        logger.warning("access not checked", error=type(error).__name__)
        return set()
    return {access for access in accesses - confirmed if access.is_lost()}


def _confirmed(accesses: set[Access]) -> set[Access]:
    if SessionStore.__module__ != settings.SESSION_ENGINE:
        return set()
    user_ids = _signed_in({access.session_key for access in accesses if access.session_key})
    present = Conversation.objects.filter(pk__in={access.conversation_id for access in accesses}, deleted_at=None)
    owners = dict(present.values_list("pk", "owner_id"))
    return {
        access
        for access in accesses
        if (owner := owners.get(access.conversation_id)) and user_ids.get(access.session_key or "") == owner
    }


def _signed_in(session_keys: set[str]) -> dict[str, int]:
    """Return the user id of each session whose user is active and has not changed the password."""
    store = SessionStore()
    sessions = store.get_model_class().objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    contents: dict[str, dict[str, Any]] = {
        key: store.decode(data) for key, data in sessions.values_list("session_key", "session_data")
    }
    ids = {int(content[SESSION_KEY]) for content in contents.values() if SESSION_KEY in content}
    users = User.objects.filter(is_active=True).in_bulk(ids)
    found: dict[str, int] = {}
    for key, content in contents.items():
        user = users.get(int(content.get(SESSION_KEY, 0)))
        if user and constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            found[key] = user.pk
    return found


_checks: WeakKeyDictionary[asyncio.AbstractEventLoop, AccessChecks] = WeakKeyDictionary()


def access_checks() -> AccessChecks:
    """Return the checks of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _checks:
        _checks[loop] = AccessChecks()
    return _checks[loop]
