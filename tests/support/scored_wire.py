"""Streams of tokens with log probabilities, as each kind of model server writes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.wire import event

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its part of the text, its figure, others that were likely, and what its server calls it alone.

    TGI decodes tokens one after the other and calls each by its part of the text.
    """

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()
    name: str = ""
    number: int = 7

    @property
    def named(self) -> str:
        return self.name or self.text

    @property
    def likely(self) -> list[tuple[str, float]]:
        return self.likely_as(self.named)

    def likely_as(self, name: str) -> list[tuple[str, float]]:
        return sorted([(name, self.logprob), *self.others], key=lambda one: -one[1])


END = Token("", -0.25, name="</s>", number=2)
type Stream = Callable[[Sequence[Token]], list[bytes]]


def tgi_native(tokens: Sequence[Token]) -> list[bytes]:
    """One event a token; the end token is special, and the last event has the whole text."""
    events: list[dict[str, Any]] = [
        {
            "index": index,
            "token": {"id": token.number, "text": _own(token), "logprob": token.logprob, "special": token is END},
            "top_tokens": [
                {"id": token.number if text == _own(token) else 9, "text": text, "logprob": figure, "special": False}
                for text, figure in token.likely_as(_own(token))
            ],
            "generated_text": None,
            "details": None,
        }
        for index, token in enumerate([*tokens, END], 1)
    ]
    details = {"finish_reason": "eos_token", "generated_tokens": len(events), "seed": None, "input_length": 10}
    events[-1] |= {"generated_text": "".join(token.text for token in tokens), "details": details}
    return [event(one) for one in events]


def tgi_chat(tokens: Sequence[Token]) -> list[bytes]:
    """Entries without bytes; the end token is listed beside an empty text."""
    chunks = []
    for token in [*tokens, END]:
        likely = [{"token": text, "logprob": figure} for text, figure in token.likely_as(_own(token))]
        entry = {"token": _own(token), "logprob": token.logprob, "top_logprobs": likely}
        delta = {"role": "assistant", "content": token.text}
        chunks.append(_chat(delta, {"content": [entry]}, "stop" if token is END else None))
    return [*chunks, _usage(), DONE]


def vllm_chat(tokens: Sequence[Token]) -> list[bytes]:
    """The role first; the end token is listed with the finish reason."""
    chunks = [_chat({"role": "assistant", "content": ""}, None)]
    for token in [*tokens, END]:
        content = {"content": [_entry(token)]}
        chunks.append(_chat({"content": token.text}, content, "stop" if token is END else None))
    return [*chunks, _usage(), DONE]


def vllm_completion(tokens: Sequence[Token]) -> list[bytes]:
    """OpenAI's older lists; a chunk may hold several tokens."""
    chunks, offset = [], 0
    for pair in (tokens[start : start + 2] for start in range(0, len(tokens), 2)):
        scores = {
            "text_offset": [offset] * len(pair),
            "token_logprobs": [token.logprob for token in pair],
            "tokens": [token.named for token in pair],
            "top_logprobs": [dict([(token.named, token.logprob), *token.others]) for token in pair],
        }
        text = "".join(token.text for token in pair)
        offset += len(text)
        chunks.append(_completion(text, scores))
    return [*chunks, _completion("", None, "stop"), _usage("text_completion"), DONE]


def llama_chat(tokens: Sequence[Token]) -> list[bytes]:
    """The role first, with no content; ids beside each token, and an empty end token."""
    chunks = [_chat({"role": "assistant", "content": None}, None)]
    chunks += [_chat({"content": token.text}, {"content": [_entry(token, ids=True)]}) for token in tokens]
    end = {"id": 2, "token": "", "bytes": [], "logprob": -0.25, "top_logprobs": []}
    return [*chunks, _chat({"content": ""}, {"content": [end]}), _chat({}, None, "stop"), _usage(), DONE]


def llama_completion(tokens: Sequence[Token]) -> list[bytes]:
    """Entries like those of its chats."""
    chunks = [_completion(token.text, {"content": [_entry(token, ids=True)]}) for token in tokens]
    return [*chunks, _completion("", None, "stop"), _usage("text_completion"), DONE]


def _own(token: Token) -> str:
    return token.named if token is END else token.text


def _entry(token: Token, *, ids: bool = False) -> dict[str, Any]:
    likely = [
        {
            **({"id": token.number if text == token.named else 9} if ids else {}),
            "token": text,
            "logprob": figure,
            "bytes": list(text.encode()),
        }
        for text, figure in token.likely
    ]
    number = {"id": token.number} if ids else {}
    data = list(token.named.encode())
    return {**number, "token": token.named, "logprob": token.logprob, "bytes": data, "top_logprobs": likely}


def _chat(delta: dict[str, Any], logprobs: Any, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
    return event({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})


def _completion(text: str, logprobs: Any, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": finish_reason, "stop_reason": None}
    return event({"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]})


def _usage(kind: str = "chat.completion.chunk") -> bytes:
    return event({"id": "c", "object": kind, "created": 1, "model": "m", "choices": [], "usage": USAGE})
