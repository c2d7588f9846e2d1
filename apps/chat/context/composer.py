"""The figures and notices beside a draft, read once per request."""

from dataclasses import dataclass
from functools import cached_property

from apps.accounts.models import User
from apps.chat.context.estimate import Estimate, estimate_usage
from apps.chat.context.usage import ContextUsage
from apps.chat.conversation_settings.servers import Answering, ChatServers, ServerNotice, servers_and_queue
from apps.chat.conversation_settings.values import Settings, put_settings
from apps.chat.models import Attachment, Conversation, Mode, QueuedMessage
from apps.chat.selectors import queued_in


@dataclass(frozen=True)
class ComposerState:
    """The model servers, the files and the context usage of the next question in ``conversation``.

    A new conversation is an unsaved ``Conversation``.
    """

    user: User
    conversation: Conversation
    has_begun: bool
    servers: ChatServers
    draft: str

    @cached_property
    def files(self) -> list[Attachment]:
        """Return the files of the draft."""
        if self.has_begun and not getattr(self.conversation, "has_draft", True):
            return []
        return list(Attachment.objects.in_draft(self.user, self._begun).without_text())

    @cached_property
    def notice(self) -> ServerNotice | None:
        return self.servers.notice(self._begun)

    @cached_property
    def answering(self) -> Answering:
        return self.servers.answering(self.conversation)

    @cached_property
    def queued(self) -> QueuedMessage | None:
        """The message that waits for the end of the reply."""
        if not self.has_begun or not getattr(self.conversation, "has_queued", True):
            return None
        return queued_in(self.conversation)

    @cached_property
    def estimate(self) -> Estimate | None:
        return estimate_usage(self.conversation, draft=self.draft, files=self.files, servers=self.servers)

    @property
    def _begun(self) -> Conversation | None:
        return self.conversation if self.has_begun else None

    @property
    def usage(self) -> ContextUsage | None:
        return self.estimate.usage if self.estimate else None


def composer_state(  # noqa: PLR0913 (a new conversation has that many facts)
    *,
    user: User,
    conversation: Conversation | None,
    mode: Mode = Mode.CHAT,
    settings: Settings | None = None,
    draft: str = "",
    servers: ChatServers | None = None,
) -> ComposerState:
    """Read the state. A new conversation, ``None``, has the ``mode`` and the ``settings`` that are given."""
    about_to_begin = Conversation(mode=mode)
    if settings and conversation is None:
        put_settings(about_to_begin, settings)
    return ComposerState(
        user=user,
        conversation=conversation or about_to_begin,
        has_begun=conversation is not None,
        servers=servers or servers_and_queue(user.pk, conversation),
        draft=draft,
    )
