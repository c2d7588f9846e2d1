"""The two shapes of OpenAI's answers: chat completions and completions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from apps.gateway.forms import Completion, Request
from apps.gateway.forms.shared_fields import Asking
from apps.gateway.logprobs import in_chat, in_completion
from apps.generation.models import Generation
from apps.inference.logprobs import ScoredToken

type Choice = dict[str, Any]
type Tokens = Sequence[ScoredToken] | None


class AnswerFormat(ABC):
    """The shape of the answer to one prompt of a request. ``model`` names the model that writes it."""

    id_prefix: ClassVar[str]
    whole_kind: ClassVar[str]
    chunk_kind: ClassVar[str]
    finish_reasons: ClassVar[Mapping[str, str]] = {}  # some finish reasons in the words of this shape

    def __init__(self, generation: Generation, asked: Asking, *, index: int = 0) -> None:
        self.index = index
        self.wants_usage = asked.wants_usage
        self.likely = asked.likely
        self.model = asked.model
        self._head = {
            "id": f"{self.id_prefix}-{generation.pk}",
            "created": int(generation.created_at.timestamp()),
        }

    @property
    def head(self) -> dict[str, Any]:
        return {**self._head, "model": self.model}

    def whole(self, text: str, finish_reason: str, usage: dict[str, int], tokens: Tokens = None) -> dict[str, Any]:
        scores = self.logprobs(tokens) if tokens is not None else None
        reason = self.finish_reasons.get(finish_reason, finish_reason)
        choice = {"index": self.index, "logprobs": scores, "finish_reason": reason, **self.choice(text)}
        return {**self.head, "object": self.whole_kind, "choices": [choice], "usage": usage}

    def chunk(self, choice: Choice, finish_reason: str | None = None) -> dict[str, Any]:
        """Return one piece of a stream. If the caller wants usage, it is null in all but the last."""
        reason = self.finish_reasons.get(finish_reason, finish_reason) if finish_reason else None
        choice = {"index": self.index, "logprobs": None, "finish_reason": reason, **choice}
        until_then = {"usage": None} if self.wants_usage else {}
        return {**self.head, "object": self.chunk_kind, "choices": [choice], **until_then}

    def usage_chunk(self, usage: dict[str, int]) -> dict[str, Any]:
        return {**self.head, "object": self.chunk_kind, "choices": [], "usage": usage}

    @abstractmethod
    def logprobs(self, tokens: Sequence[ScoredToken]) -> dict[str, Any]:
        """Return the log probabilities of the next tokens of the reply."""

    @abstractmethod
    def choice(self, text: str) -> Choice:
        """Return this shape's fields of a whole answer."""

    @abstractmethod
    def piece(self, text: str) -> Choice:
        """Return this shape's fields of a chunk; the last chunk has empty text."""

    @abstractmethod
    def opening(self) -> Choice:
        """Return the chunk that comes before the reply's text."""


class ChatFormat(AnswerFormat):
    """``chat.completion`` and its chunks."""

    id_prefix = "chatcmpl"
    whole_kind = "chat.completion"
    chunk_kind = "chat.completion.chunk"

    def logprobs(self, tokens: Sequence[ScoredToken]) -> dict[str, Any]:
        return in_chat(tokens)

    def choice(self, text: str) -> Choice:
        return {"message": {"role": "assistant", "content": text, "refusal": None}}

    def piece(self, text: str) -> Choice:
        return {"delta": {"content": text} if text else {}}

    def opening(self) -> Choice:
        return {"delta": {"role": "assistant", "content": ""}}


class CallFormat(ChatFormat):
    """A chat whose reply is a function call: the reply's text is the arguments."""

    finish_reasons: ClassVar[Mapping[str, str]] = {"stop": "tool_calls"}

    def __init__(self, generation: Generation, asked: Asking, *, name: str) -> None:
        super().__init__(generation, asked)
        self._call = {"id": f"call_{generation.pk.hex}", "type": "function"}
        self._name = name

    def choice(self, text: str) -> Choice:
        call = {**self._call, "function": {"name": self._name, "arguments": text}}
        return {"message": {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}}

    def piece(self, text: str) -> Choice:
        return {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": text}}]} if text else {}}

    def opening(self) -> Choice:
        call = {"index": 0, **self._call, "function": {"name": self._name, "arguments": ""}}
        return {"delta": {"role": "assistant", "content": None, "tool_calls": [call]}}


class CompletionFormat(AnswerFormat):
    """``text_completion``, whole or in chunks; an echoed prompt comes first."""

    id_prefix = "cmpl"
    whole_kind = chunk_kind = "text_completion"

    def __init__(self, generation: Generation, asked: Completion, *, index: int = 0) -> None:
        super().__init__(generation, asked, index=index)
        self._echoed = asked.echoed
        self._offset = 0  # code points before the next token

    def logprobs(self, tokens: Sequence[ScoredToken]) -> dict[str, Any]:
        scores = in_completion(tokens, likely=self.likely or 0, start=self._offset)
        self._offset += sum(len(token.text) for token in tokens)
        return scores

    def choice(self, text: str) -> Choice:
        return {"text": self._echoed + text}

    def piece(self, text: str) -> Choice:
        return {"text": text}

    def opening(self) -> Choice:
        return {"text": self._echoed}


def formats_for(generations: Sequence[Generation], asked: Request) -> list[AnswerFormat]:
    """Return one shape per prompt; the answer is named after the first generation."""
    if isinstance(asked, Completion):
        return [CompletionFormat(generations[0], one, index=index) for index, one in enumerate(asked.each)]
    if function := asked.function:
        return [CallFormat(generations[0], asked, name=function.name)]
    return [ChatFormat(generations[0], asked)]
