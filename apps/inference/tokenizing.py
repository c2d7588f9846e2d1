"""Count tokens with the server's own tokenizer, whatever server it is."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from apps.inference.errors import NotServed, ProtocolError
from apps.inference.http.calls import post_json
from apps.inference.prompts.tags import take_tags_apart
from apps.inference.requests import ChatMessage, Timeouts
from apps.inference.server import Server


async def token_ids(http: aiohttp.ClientSession, server: Server, text: str, timeouts: Timeouts) -> Sequence[int]:
    """Return the ids of the tokens of ``text`` as a prompt, with BOS where the server puts it in front.

    ``/tokenize`` is there on TGI, vLLM, SGLang and llama.cpp, each with its own key and its own shape of answer; each
    ignores the keys of the others, so all keys are sent. Raises ``NotServed`` if there is no tokenizer.
    """
    body: dict[str, Any] = {"inputs": text, "prompt": text, "content": text}
    body |= {"add_special": True, "parse_special": True}  # llama.cpp then reads the text as a prompt
    return _ids_of(await post_json(http, server, "/tokenize", body | _model(server), timeouts))


async def count_chat_tokens(
    http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
) -> int:
    """Return how many tokens the server's chat template makes of ``messages``.

    Raises ``NotServed`` for SGLang and servers of an unknown kind, which cannot be asked.
    """
    match server.kind:
        case "tgi":
            return await count_tgi_chat_tokens(http, server, messages, timeouts)
        case "vllm":
            body = {"messages": plain_messages(messages)} | _continuing(messages) | _model(server)
            return len(_ids_of(await post_json(http, server, "/tokenize", body, timeouts)))
        case "llama.cpp":
            answer = await post_json(http, server, "/apply-template", {"messages": plain_messages(messages)}, timeouts)
            return len(await token_ids(http, server, _text_of(answer, "prompt"), timeouts))
    raise NotServed("no way to count a chat", sentence="The model server cannot count the tokens of a chat.")


async def count_tgi_chat_tokens(
    http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
) -> int:
    """Return how many tokens TGI's chat template makes of ``messages`` (TGI 2.3 and later)."""
    answer = await post_json(http, server, "/chat_tokenize", {"messages": plain_messages(messages)}, timeouts)
    try:
        return len(answer["tokenize_response"])
    except (KeyError, TypeError):
        raise ProtocolError("no tokens in the answer") from None


async def templated_chat(
    http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
) -> str:
    """Return the prompt that TGI's chat template makes of ``messages``, for its native protocol.

    A partial reply is put at its end here, to the byte. The template only says what stands before the reply: TGI finds
    the reply in the rendered prompt, where white space around it is gone. A literal BOS at the start is taken away,
    because the native protocol puts one there. Raises ``NotServed`` before TGI 2.3.
    """
    *before, last = messages
    if last.role != "assistant" or not last.content:
        return await _templated(http, server, messages, timeouts)
    partial = take_tags_apart(last.content)
    core = partial.strip()
    if core:
        rendered = await _templated(http, server, [*before, ChatMessage("assistant", core)], timeouts)
        if rendered.endswith(core):
            return rendered.removesuffix(core) + partial
    # The template changed the reply, or TGI before 3.0 ended the turn: render the messages before the reply.
    return await _templated(http, server, before, timeouts) + partial


async def _templated(
    http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
) -> str:
    answer = await post_json(http, server, "/chat_tokenize", {"messages": plain_messages(messages)}, timeouts)
    text = _text_of(answer, "templated_text")
    for bos in ("<s>", "<|begin_of_text|>", "<bos>"):
        text = text.removeprefix(bos)
    return text


def plain_messages(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    """Return the messages as JSON, their tags taken apart, without empty ones."""
    return [
        {"role": message.role, "content": take_tags_apart(message.content)} for message in messages if message.content
    ]


def _continuing(messages: Sequence[ChatMessage]) -> dict[str, bool]:
    if messages[-1].role == "assistant" and messages[-1].content:
        return {"continue_final_message": True, "add_generation_prompt": False}
    return {}


def _model(server: Server) -> dict[str, str]:
    return {"model": server.model} if server.model else {}


def _text_of(answer: Any, key: str) -> str:
    text = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(text, str):
        raise ProtocolError(f"no {key} in the answer")
    return text


def _ids_of(answer: Any) -> list[int]:
    """Read ``[{"id": …}]`` (TGI) or ``{"tokens": [id, …]}``, whose members may be objects too (llama.cpp)."""
    tokens: Any = answer.get("tokens") if isinstance(answer, dict) else answer
    try:
        ids = [token["id"] if isinstance(token, dict) else token for token in tokens]
    except (KeyError, TypeError):
        raise ProtocolError("no tokens in the answer") from None
    if not all(isinstance(one, int) for one in ids):
        raise ProtocolError("a token whose id is no number")
    return ids
