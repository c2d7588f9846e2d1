"""Estimate how much of the context window the next question takes. No model server is asked.

The server of the latest reply has counted its prompt and its text. The rest of the history is assumed to have the same
number of tokens per character. Question, files and system prompt are estimated until a worker has had them counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from apps.chat.context.grounding import PASSAGES_TOKENS
from apps.chat.context.history import PastExchange, characters_for, exchanges_shown_in, kept
from apps.chat.context.usage import ContextUsage, Level, SmallerWindow
from apps.chat.conversation_settings.servers import ChatServers
from apps.chat.conversation_settings.values import parameters_for
from apps.chat.models import Attachment, Conversation, Message, Mode
from apps.endpoints.models import Endpoint
from apps.generation.models import OVER
from apps.generation.token_counts import known_counts, name_of
from apps.inference.context import LEAST_REPLY_TOKENS, TOKENS_AROUND_A_CHAT, TOKENS_AROUND_A_MESSAGE, estimate_tokens

TOKENS_A_CHARACTER = 0.5  # where no server has counted yet; code has about a third
LEAST_DENSITY = 0.05  # tokens a character; a server that reports less does not count the whole prompt
WORTH_COUNTING = 0.01  # of the window


@dataclass(frozen=True, slots=True)
class CountableText:
    """A text to count: its name among counts, an estimate, and the text itself unless it is a stored file."""

    name: str
    estimate: int
    text: str = ""

    @classmethod
    def of_text(cls, text: str) -> "CountableText":
        return cls(name_of(text), estimate_tokens(text), text)

    @classmethod
    def of_file(cls, file: Attachment) -> "CountableText":
        return cls(str(file.pk), file.tokens)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The usage, and the texts that a tokenizer could still count for a better figure."""

    usage: ContextUsage
    tokenizer: Endpoint | None
    uncounted: list[CountableText]


@dataclass(frozen=True, slots=True)
class CountedReply:
    """The latest reply that its server has counted: ``tokens`` of its prompt and its text together.

    The reply's prompt began with the message at ``sees_from``, after the system prompt ``system``.
    """

    position: int
    sees_from: int
    system: str
    tokens: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class PastTurns:
    """The turns before the question: ``exchanges``, the latest first, with ``density`` tokens a character.

    ``passages`` are the tokens of the system prompt that passages of the guide take.
    """

    exchanges: Sequence[PastExchange]
    density: float
    system: Sequence[CountableText]
    system_tokens: float
    is_about: bool
    passages: float = 0.0


def estimate_usage(
    conversation: Conversation, *, draft: str, files: Sequence[Attachment], servers: ChatServers
) -> Estimate | None:
    """Estimate the context usage of the draft. Return ``None`` while no context window is known.

    A new conversation has not been saved. A question that does not fit the endpoint named by the composer goes to the
    endpoint that takes the longest prompts.
    """
    endpoint = servers.measured_for(conversation)
    if endpoint is None or endpoint.context_window is None:
        return None
    estimate = _estimate_at(endpoint, conversation, draft=draft, files=files, servers=servers)
    wider = servers.wider_than(endpoint, conversation)
    if wider is None or estimate.usage.level != Level.TOO_LONG:
        return estimate
    return _estimate_at(wider, conversation, draft=draft, files=files, servers=servers)


def _estimate_at(
    endpoint: Endpoint, conversation: Conversation, *, draft: str, files: Sequence[Attachment], servers: ChatServers
) -> Estimate:
    window = endpoint.context_window or 0
    asked = [*([CountableText.of_text(draft)] if draft.strip() else []), *map(CountableText.of_file, files)]
    past = _past_of(conversation)
    tokenizer = servers.tokenizer_for(conversation)
    texts = [*asked, *past.system]
    counts = known_counts(tokenizer, [text.name for text in texts]) if tokenizer else {}
    tokens = {text.name: counts.get(text.name, text.estimate) for text in texts}
    question = sum(tokens[text.name] for text in asked) + (TOKENS_AROUND_A_MESSAGE if asked else 0)
    system = past.system_tokens + sum(tokens[text.name] for text in past.system)
    characters = characters_for(conversation, servers) - sum(file.size for file in files) - len(draft)
    prompt_room = endpoint.prompt_room or window
    room = _share_out(window, prompt_room, question, system, past.passages, _longest_reply(conversation, endpoint))
    stored = kept(past.exchanges, characters)
    left = min(window - room.reply, prompt_room) - question - room.system
    fitting = kept(stored, int(left / past.density))
    worth_counting = [text for text in texts if text.name not in counts and text.estimate >= WORTH_COUNTING * window]
    usage = ContextUsage(
        window=window,
        history=round(room.system + past.density * sum(exchange.characters for exchange in stored)),
        question=question,
        reserved=room.reply,
        least=round(room.least),
        longest_prompt=prompt_room,
        least_prompt=round(room.least_prompt),
        left_out=_left_out(past.exchanges, fitting),
        # The tokens around a question or a system prompt are a guess as well, and the next passages are unknown.
        is_about=bool(asked or past.system) or past.is_about or past.passages > 0,
        is_being_counted=bool(worth_counting) and tokenizer is not None,
        gives_way=0 if past.exchanges else round(room.system + question + room.reply - room.least),
        prompt_gives_way=0 if past.exchanges else round(room.system + question - room.least_prompt),
        smaller=_smaller(servers.smaller_than(endpoint, conversation)),
    )
    return Estimate(usage, tokenizer, worth_counting)


def _smaller(endpoint: Endpoint | None) -> SmallerWindow | None:
    return SmallerWindow(endpoint.name, endpoint.context_window) if endpoint and endpoint.context_window else None


@dataclass(frozen=True, slots=True)
class Room:
    """The parts of the window, in tokens. ``least`` is the smallest sum of prompt and reply that a request needs."""

    system: float
    reply: int
    least: float
    least_prompt: float


def _share_out(  # noqa: PLR0913, PLR0917 (so much shares a window)
    window: int, prompt_room: int, question: int, system: float, passages: float, reply: int
) -> Room:
    """Divide the window as a request does: passages shrink first, then the reply, down to ``LEAST_REPLY_TOKENS``."""
    least_reply = min(reply, LEAST_REPLY_TOKENS)
    own = system - passages
    system = max(own, min(system, min(window - least_reply, prompt_room) - question))
    left = window - question - int(system)
    return Room(system, max(least_reply, min(reply, left)), own + question + least_reply, own + question)


def _longest_reply(conversation: Conversation, endpoint: Endpoint) -> int:
    """Return the room to keep for the reply: its greatest length, but at most half of the window."""
    window = endpoint.context_window or 0
    most: int | None = endpoint.parameters_for(parameters_for(conversation)).get("max_tokens")
    return min(most or window, window // 2)


def _left_out(exchanges: Sequence[PastExchange], fitting: Sequence[PastExchange]) -> int:
    """Return how many messages are left out when only the latest exchanges fit."""
    if len(fitting) == len(exchanges):
        return 0
    first_kept = fitting[-1].position if fitting else exchanges[0].position + 2
    return first_kept - 1


def _past_of(conversation: Conversation) -> PastTurns:
    has_begun = conversation.current_id is not None
    exchanges = exchanges_shown_in(conversation) if has_begun else []
    counted = _counted(conversation) if has_begun else None
    answers_from_guide = conversation.mode == Mode.GUIDE
    own = conversation.system_prompt
    texts = [CountableText.of_text(own)] if own else []
    if counted is None:
        passages = float(PASSAGES_TOKENS) if answers_from_guide else 0.0
        return PastTurns(
            exchanges, TOKENS_A_CHARACTER, texts, TOKENS_AROUND_A_CHAT + passages, bool(exchanges), passages
        )
    known = [one for one in exchanges if counted.sees_from <= one.position <= counted.position]
    characters = sum(exchange.characters for exchange in known) + len(counted.system)
    density = counted.tokens / max(characters, 1)
    if density < LEAST_DENSITY:
        density, counted = TOKENS_A_CHARACTER, replace(counted, is_exact=False)
    if not answers_from_guide and own != counted.system:
        return PastTurns(exchanges, density, texts, TOKENS_AROUND_A_MESSAGE, is_about=True)
    # The guide's next passages are unknown: take as many as the last ones.
    passages = density * max(0, len(counted.system) - len(own)) if answers_from_guide else 0.0
    is_about = not counted.is_exact or len(known) < len(exchanges)
    return PastTurns(exchanges, density, [], density * len(counted.system), is_about, passages)


def _counted(conversation: Conversation) -> CountedReply | None:
    counted = conversation.thread.filter(
        generation__state__in=OVER,
        generation__prompt_tokens__isnull=False,
        generation__completion_tokens__isnull=False,
    )
    latest = counted.order_by("-position").values("pk")[:1]
    first = KeyTransform(0, "generation__messages")
    found: Any = (
        # Messages are long: read those of this reply alone.
        Message.objects.filter(pk__in=latest)
        .values(
            "position",
            "turn_starts",
            role_first=KeyTextTransform("role", first),
            content_first=KeyTextTransform("content", first),
            attempt=F("generation__attempt"),
            left_out=F("generation__left_out"),
            tokens=F("generation__prompt_tokens") + F("generation__completion_tokens"),
        )
        .first()
    )
    if found is None or not found["tokens"]:
        return None
    starts = found["turn_starts"]
    return CountedReply(
        position=found["position"],
        sees_from=starts[min(found["left_out"] // 2, len(starts) - 1)] if starts else 1,
        system=found["content_first"] if found["role_first"] == "system" else "",
        tokens=found["tokens"],
        # A continued reply is counted twice: in its prompt, and as its text.
        is_exact=bool(starts) and found["attempt"] == 1,
    )
