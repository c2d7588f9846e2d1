"""The bytes of the model that counts: three kinds of streams, and the plain pages of a TGI server."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.wire import Request, event, head, whole

MODEL = "counting"
USER, ASSISTANT = "[user]", "[assistant]"  # the beginnings of turns in its chat template
WINDOW = 4096
FAILURE = "Request failed during generation: Server error: CUDA out of memory"
OVERLOADED = {"error": "Model is overloaded", "error_type": "overloaded"}
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Asking:
    """The last question, the beginning of its answer, and the most tokens to answer with."""

    asked: str
    partial: str
    most: int | None


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind of stream: reads a request and writes its events.

    ``ending`` gets the whole text, its number of tokens, and whether it was cut.
    """

    read: Callable[[dict[str, Any]], Asking]
    token: Callable[[str], bytes]
    ending: Callable[[str, int, bool], bytes]
    failure: bytes
    overloaded: bytes


def chunk(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    """One chunk of a chat stream, in TGI's shape."""
    delta = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion.chunk",
        "id": "",
        "created": 1741266005,
        "model": MODEL,
        "system_fingerprint": "3.3.6-native",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
        "usage": None,
    }


def usage(completion_tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 10, "completion_tokens": completion_tokens, "total_tokens": 10 + completion_tokens}


def completion_chunk(text: str, finish_reason: str = "") -> dict[str, Any]:
    """One chunk of a completion stream, in TGI's shape."""
    return {
        "object": "text_completion",
        "id": "",
        "created": 1741266005,
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}],
        "model": MODEL,
        "system_fingerprint": "3.3.6-native",
    }


def native_token(text: str, *, special: bool = False) -> dict[str, Any]:
    """One event of TGI's native stream."""
    token = {"id": 29900, "text": text, "logprob": -0.5, "special": special}
    return {"index": 1, "token": token, "generated_text": None, "details": None}


def native_details(tokens: int, finish_reason: str) -> dict[str, Any]:
    return {"finish_reason": finish_reason, "generated_tokens": tokens, "seed": None, "input_length": 10}


def _read_chat(body: dict[str, Any]) -> Asking:
    messages = body["messages"]
    asked = next(m["content"] for m in reversed(messages) if m["role"] == "user")
    partial = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
    return Asking(asked, partial, body.get("max_tokens"))


def _read_completion(body: dict[str, Any]) -> Asking:
    return Asking(*_read_text(body["prompt"]), body.get("max_tokens"))


def _read_text(text: str) -> tuple[str, str]:
    """The question is the first line, of the text before the gap where there is one (in SPM order)."""
    asked, _, partial = text.rpartition("<MID>")[2].partition("\n")
    return asked.strip(), partial


def _read_native(body: dict[str, Any]) -> Asking:
    text, most = body["inputs"], body["parameters"].get("max_new_tokens")
    if USER in text:  # a prompt of this server's own chat template
        asked, _, partial = text.rpartition(USER)[2].partition(ASSISTANT)
        return Asking(asked, partial, most)
    if "[/INST]" not in text:
        return Asking(*_read_text(text), most)
    asked, _, partial = text.rpartition("[INST]")[2].partition("[/INST]")
    return Asking(asked, partial, most)


def _end_chat(_: str, tokens: int, cut: bool) -> bytes:  # noqa: FBT001
    told = event({**chunk(""), "choices": [], "usage": usage(tokens)})
    return event(chunk("", "length" if cut else "stop")) + told + DONE


def _end_completion(_: str, tokens: int, cut: bool) -> bytes:  # noqa: FBT001
    last = completion_chunk("", "length" if cut else "eos_token")
    return event({**last, "usage": usage(tokens)}) + DONE


def _end_native(text: str, tokens: int, cut: bool) -> bytes:  # noqa: FBT001
    details = native_details(tokens, "length" if cut else "eos_token")
    return event({**native_token("</s>", special=True), "generated_text": text, "details": details})


def _refusal(status: int, body: dict[str, Any]) -> bytes:
    return b"".join(part.data for part in whole(status, json.dumps(body).encode()))


_NESTED = event({"error": {"message": FAILURE, "http_status_code": 422}}) + DONE
_BUSY = _refusal(429, OVERLOADED)
WORDINGS: dict[str, Wording] = {
    "/v1/chat/completions": Wording(_read_chat, lambda text: event(chunk(text)), _end_chat, _NESTED, _BUSY),
    "/v1/completions": Wording(
        _read_completion, lambda text: event(completion_chunk(text)), _end_completion, _NESTED, _BUSY
    ),
    "/generate_stream": Wording(
        _read_native,
        lambda text: event(native_token(text)),
        _end_native,
        event({"error": FAILURE, "error_type": "generation"}),
        head().data + event(OVERLOADED),  # status 200: a native stream has no other
    ),
}


def plain_answer(request: Request) -> bytes:
    """Return the answer to a request that is not for a stream."""
    match request.method, request.path:
        case "GET", "/health":
            return _whole(b"", "text/plain")
        case "GET", "/v1/models":
            models = [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]
            return _whole(json.dumps({"object": "list", "data": models}).encode())
        case "GET", "/info":
            limits = {"max_input_tokens": WINDOW - 1, "max_total_tokens": WINDOW, "max_stop_sequences": 4}
            return _whole(json.dumps({"model_id": MODEL, "version": "3.3.6", **limits}).encode())
        case "POST", "/tokenize":
            return _whole(json.dumps(_words(request.json["inputs"])).encode())
        case "POST", "/chat_tokenize":
            text = "".join(f"[{m['role']}]{m['content']}" for m in request.json["messages"])
            answer = {"tokenize_response": _words(text), "templated_text": text}
            return _whole(json.dumps(answer).encode())
    return b"".join(part.data for part in whole(404, b"", "text/plain"))


def _words(text: str) -> list[dict[str, Any]]:
    """A token a word, and the one that TGI puts in front."""
    return [{"id": number, "text": word} for number, word in enumerate(["<s>", *text.split()], 1)]


def _whole(body: bytes, content_type: str = "application/json") -> bytes:
    return b"".join(part.data for part in whole(200, body, content_type))
