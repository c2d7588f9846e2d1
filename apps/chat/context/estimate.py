"""Weighs the next question of a conversation against the window of whatever answers it. No model server is asked.

What the latest reply was told and said has been counted by its server. The rest of the history is taken to have as many
tokens a character as that; question, files and system prompt are estimated until a worker has had them counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from apps.chat.context.grounding import CHARACTERS as GROUNDS
from apps.chat.context.history import PastExchange, characters_for, exchanges_of, kept
from apps.chat.context.usage import ContextUsage
from apps.chat.conversation_settings.servers import ChatServers
from apps.chat.conversation_settings.values import parameters_for
from apps.chat.models import Attachment, Conversation, Message, Mode
from apps.endpoints.models import Endpoint
from apps.generation.models import OVER
from apps.generation.token_counts import known_counts, name_of
from apps.inference.context import TOKENS_AROUND_A_CHAT, TOKENS_AROUND_A_MESSAGE, estimate_tokens

TOKENS_A_CHARACTER = 0.5  # where no server has counted yet; code has about a third
LEAST_DENSITY = 0.05  # tokens a character; who says less does not count all that it was told
WORTH_COUNTING = 0.01  # of the window


@dataclass(frozen=True, slots=True)
class CountableText:
    """A text whose tokens can be counted: its name among counts, an estimate, and the text where it stands nowhere."""

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
    """What came of it, and what a tokenizer could still be asked to count for a better figure."""

    usage: ContextUsage
    tokenizer: Endpoint | None
    uncounted: list[CountableText]


@dataclass(frozen=True, slots=True)
class CountedReply:
    """The latest reply that its server has counted: ``tokens`` of all that it was told and said.

    It was told nothing before ``sees_from``. ``system`` is the system prompt of it.
    """

    position: int
    sees_from: int
    system: str
    tokens: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class PastTurns:
    """What is told before the question: ``exchanges``, the latest first, with ``density`` tokens a character."""

    exchanges: Sequence[PastExchange]
    density: float
    system: Sequence[CountableText]
    system_tokens: float
    is_about: bool


def estimate_usage(
    conversation: Conversation, *, draft: str, files: Sequence[Attachment], servers: ChatServers
) -> Estimate | None:
    """Weigh the question that stands in the composer; ``None`` where nobody says how long the window is.

    A new conversation is one that has not been saved.
    """
    narrowest = servers.narrowest_for(conversation)
    if narrowest is None or narrowest.context_window is None:
        return None
    window = narrowest.context_window
    asked = [*([CountableText.of_text(draft)] if draft.strip() else []), *map(CountableText.of_file, files)]
    past = _past_of(conversation)
    tokenizer = servers.tokenizer_for(conversation)
    pieces = [*asked, *past.system]
    counts = known_counts(tokenizer, [piece.name for piece in pieces]) if tokenizer else {}
    tokens = {piece.name: counts.get(piece.name, piece.estimate) for piece in pieces}
    question = sum(tokens[piece.name] for piece in asked) + (TOKENS_AROUND_A_MESSAGE if asked else 0)
    system = past.system_tokens + sum(tokens[piece.name] for piece in past.system)
    reserved = _reserved(conversation, narrowest, window)
    characters = characters_for(conversation, servers) - sum(file.size for file in files) - len(draft)
    told = kept(past.exchanges, characters)
    fitting = kept(told, int((window - reserved - question - system) / past.density))
    uncounted = [piece for piece in pieces if piece.name not in counts]
    worth_counting = [piece for piece in uncounted if piece.estimate >= WORTH_COUNTING * window]
    usage = ContextUsage(
        window=window,
        history=round(system + past.density * sum(exchange.characters for exchange in told)),
        question=question,
        reserved=reserved,
        least=round(system + question + reserved),
        left_out=_left_out(past.exchanges, fitting),
        # Counted texts too: the template's tokens around them are a guess.
        is_about=bool(pieces) or past.is_about,
        is_being_counted=bool(worth_counting) and tokenizer is not None,
    )
    return Estimate(usage, tokenizer, worth_counting)


def _reserved(conversation: Conversation, endpoint: Endpoint, window: int) -> int:
    """The room that is kept for the reply: what it may take, and half of the window at most."""
    most: int | None = endpoint.parameters_for(parameters_for(conversation)).get("max_tokens")
    return min(most or window, window // 2)


def _left_out(exchanges: Sequence[PastExchange], fitting: Sequence[PastExchange]) -> int:
    """How many messages are not told when only the latest exchanges fit."""
    if len(fitting) == len(exchanges):
        return 0
    first_told = fitting[-1].position if fitting else exchanges[0].position + 2
    return first_told - 1


def _past_of(conversation: Conversation) -> PastTurns:
    has_begun = conversation.current_id is not None
    exchanges = exchanges_of(conversation.thread) if has_begun else []
    counted = _counted(conversation) if has_begun else None
    system = _system_prompt(conversation, counted)
    if counted is None:
        pieces = [CountableText.of_text(system)] if system else []
        return PastTurns(exchanges, TOKENS_A_CHARACTER, pieces, TOKENS_AROUND_A_CHAT, is_about=bool(exchanges))
    known = [one for one in exchanges if counted.sees_from <= one.position <= counted.position]
    characters = sum(exchange.characters for exchange in known) + len(counted.system)
    density = counted.tokens / max(characters, 1)
    if density < LEAST_DENSITY:
        density, counted = TOKENS_A_CHARACTER, replace(counted, is_exact=False)
    is_about = not counted.is_exact or len(known) < len(exchanges)
    if system == counted.system:
        return PastTurns(exchanges, density, [], density * len(system), is_about)
    pieces = [CountableText.of_text(system)] if system else []
    return PastTurns(exchanges, density, pieces, TOKENS_AROUND_A_MESSAGE, is_about=True)


def _system_prompt(conversation: Conversation, counted: CountedReply | None) -> str:
    """What the next reply is told first. Which passages of the guide will be in it is not known yet."""
    if conversation.mode != Mode.GUIDE:
        return conversation.system_prompt
    return counted.system if counted else conversation.system_prompt + "guide " * (GROUNDS // len("guide "))


def _counted(conversation: Conversation) -> CountedReply | None:
    counted = conversation.thread.filter(
        generation__state__in=OVER,
        generation__prompt_tokens__isnull=False,
        generation__completion_tokens__isnull=False,
    )
    latest = counted.order_by("-position").values("pk")[:1]
    first = KeyTransform(0, "generation__messages")
    found: Any = (
        # What was sent is long, and is looked into for this one alone.
        Message.objects.filter(pk__in=latest)
        .values(
            "position",
            "told",
            role_first=KeyTextTransform("role", first),
            told_first=KeyTextTransform("content", first),
            attempt=F("generation__attempt"),
            left_out=F("generation__left_out"),
            tokens=F("generation__prompt_tokens") + F("generation__completion_tokens"),
        )
        .first()
    )
    if found is None or not found["tokens"]:
        return None
    told = found["told"]
    return CountedReply(
        position=found["position"],
        sees_from=told[min(found["left_out"] // 2, len(told) - 1)] if told else 1,
        system=found["told_first"] if found["role_first"] == "system" else "",
        tokens=found["tokens"],
        # What was told of a reply that is continued is counted with it, and again as what it says.
        is_exact=bool(told) and found["attempt"] == 1,
    )
