"""The native protocol of Text Generation Inference."""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import aiohttp

from apps.inference.errors import NotServed
from apps.inference.http.pace import Pace
from apps.inference.prompts import Prompt, ReplyText, chat_prompt
from apps.inference.prompts.prompt import EOS
from apps.inference.prompts.tags import take_fill_tag_apart
from apps.inference.protocols.base import Protocol
from apps.inference.protocols.formats import tgi_grammar
from apps.inference.protocols.parameters import (
    MOST_STOPS,
    Sampling,
    check_chat,
    check_completion,
    refuse,
    top_p_of,
)
from apps.inference.protocols.scored_reply import ScoredTgiReply
from apps.inference.protocols.streaming import Plan, stream_reply
from apps.inference.protocols.tgi_reply import TgiReply
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Post, Timeouts
from apps.inference.server import Server
from apps.inference.tokenizing import count_tgi_chat_tokens, templated_chat, token_ids

STREAM_PATH = "/generate_stream"
_CODE_LLAMA = re.compile(r"code[-_ ]?llama", re.IGNORECASE)
DEFAULT_SIZE = "7B"  # 13B and 34B have the same format
_SIZE = re.compile(r"(?<![0-9])(7|13|34|70)b(?![a-z])", re.IGNORECASE)


class TGINative(Protocol):
    """``POST /generate_stream``, for chats as for completions: the prompt is rendered here.

    Chats are rendered in Code Llama's own formats, chosen by ``server.size`` or the model's name. For another model the
    server renders with its own template (``/chat_tokenize``), and before TGI 2.3 Code Llama's format is used. Either
    way a partial assistant turn is continued to the byte: it is the end of the prompt.
    """

    def stream_chat(
        self,
        http: aiohttp.ClientSession,
        server: Server,
        request: ChatRequest,
        timeouts: Timeouts,
        pace: Pace | None = None,
    ) -> AsyncGenerator[Delta]:
        """Answer ``request``, streaming."""

        async def plan() -> Plan:
            post = self.chat_post(server, request)
            return native_plan(post or await _post_by_template(http, server, request, timeouts), request)

        return stream_reply(http, server, timeouts, plan, pace)

    def chat_post(self, server: Server, request: ChatRequest) -> Post | None:
        """Return what ``stream_chat`` posts to a Code Llama; ``None`` for another model."""
        check_chat(request)
        size = code_llama_size(server)
        if size is None:
            return None
        prompt = render_chat(request.messages, size)
        return _chat_post(prompt.text, request, prompt)

    def stream_completion(
        self,
        http: aiohttp.ClientSession,
        server: Server,
        request: CompletionRequest,
        timeouts: Timeouts,
        pace: Pace | None = None,
    ) -> AsyncGenerator[Delta]:
        """Continue the text of ``request``, streaming."""

        async def plan() -> Plan:
            return native_plan(self.completion_post(server, request), request)

        return stream_reply(http, server, timeouts, plan, pace)

    def completion_post(self, server: Server, request: CompletionRequest) -> Post:  # noqa: ARG002 (one for all servers)
        """Return what ``stream_completion`` posts."""
        check_completion(request)
        if request.suffix:
            refuse("This model server takes no suffix: send a rendered infilling prompt instead.")
        return _post(request.prompt, request)

    async def tokenize(
        self, http: aiohttp.ClientSession, server: Server, text: str, timeouts: Timeouts
    ) -> Sequence[int]:
        """Return the ids of the tokens of ``text``, BOS included."""
        return await token_ids(http, server, text, timeouts)

    async def count_tokens(
        self, http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
    ) -> int:
        """Return how many tokens the prompt takes that ``stream_chat`` would send."""
        check_chat(ChatRequest(messages))
        size = code_llama_size(server)
        if size is None:
            try:
                return await count_tgi_chat_tokens(http, server, messages, timeouts)
            except NotServed:
                size = DEFAULT_SIZE
        return len(await token_ids(http, server, render_chat(messages, size).text, timeouts))


def code_llama_size(server: Server) -> str | None:
    """Return the size whose chat format the server's model reads; ``None`` when it is no Code Llama."""
    if server.size is not None:
        return server.size or None
    if server.model and not _CODE_LLAMA.search(server.model):
        return None
    named = _SIZE.search(server.model)
    return f"{named[1]}B" if named else DEFAULT_SIZE


def render_chat(messages: Sequence[ChatMessage], size: str) -> Prompt:
    """Render a chat without the leading space of a partial reply: the prompt already ends with that space."""
    *before, last = messages
    if last.role == "assistant":
        last = ChatMessage("assistant", last.content.removeprefix(" "))
    return chat_prompt([*before, last], size=size)


def _post(text: str, sampling: Sampling, prompt: Prompt | None = None) -> Post:
    marks = _marks(prompt)
    if len(sampling.stop) + len(marks) > MOST_STOPS:
        refuse(f"At most {MOST_STOPS - len(marks)} stop sequences can be asked for: the model's own take the rest.")
    body = {"inputs": take_fill_tag_apart(text), "parameters": parameters(sampling, [*sampling.stop, *marks])}
    return Post(STREAM_PATH, body, prompt)


def _chat_post(text: str, request: ChatRequest, prompt: Prompt | None = None) -> Post:
    post = _post(text, request, prompt)
    if request.response_format:
        post.body["parameters"]["grammar"] = tgi_grammar(request.response_format)
    return post


async def _post_by_template(
    http: aiohttp.ClientSession, server: Server, request: ChatRequest, timeouts: Timeouts
) -> Post:
    """Let the server render the prompt; before TGI 2.3, where it cannot, use the format of most Code Llamas."""
    try:
        return await templated_post(http, server, request, timeouts)
    except NotServed:
        prompt = render_chat(request.messages, DEFAULT_SIZE)
        return _chat_post(prompt.text, request, prompt)


async def templated_post(http: aiohttp.ClientSession, server: Server, request: ChatRequest, timeouts: Timeouts) -> Post:
    """Return the native post for a prompt that the server renders; raise ``NotServed`` where it cannot."""
    return _chat_post(await templated_chat(http, server, request.messages, timeouts), request)


def native_plan(post: Post, sampling: Sampling) -> Plan:
    prompt = post.prompt
    reply_text = _without_marks(prompt) if prompt and _marks(prompt) else None
    if sampling.logprobs is None:
        return Plan(post.path, post.body, TgiReply(sampling.max_tokens), reply_text)
    scored = ScoredTgiReply(sampling.max_tokens, likely=sampling.logprobs)
    return Plan(post.path, post.body, scored, reply_text)


def _marks(prompt: Prompt | None) -> list[str]:
    """Return the prompt's own stop sequences; the server stops at EOS by itself."""
    return [stop for stop in prompt.stop if stop != EOS] if prompt else []


def _without_marks(prompt: Prompt) -> Callable[[], ReplyText]:
    """Remove the prompt's stop sequence, which TGI leaves at the end of the text."""

    def reply_text() -> ReplyText:
        return ReplyText(
            stop=prompt.stop, ends_with=prompt.ends_with, drops_leading_space=False, newline=prompt.newline
        )

    return reply_text


def parameters(sampling: Sampling, stop: Sequence[str]) -> dict[str, Any]:
    """Return TGI's parameters.

    ``do_sample`` is always sent: its default depends on whether the parameters are there at all. Temperature 0 is
    greedy by ``do_sample`` alone. Temperature and top-p are left out then: they would switch sampling on again.
    """
    greedy = sampling.temperature == 0
    named = {
        "max_new_tokens": sampling.max_tokens,
        "temperature": None if greedy else sampling.temperature,
        "top_p": None if greedy else top_p_of(sampling),
        "stop": stop,
        "seed": sampling.seed,
        "top_n_tokens": sampling.logprobs or None,
    }
    always = {"do_sample": not greedy, "return_full_text": False, "details": True}
    return always | {name: value for name, value in named.items() if value not in (None, [])}
