"""The OpenAI style, as TGI, vLLM, SGLang and llama.cpp serve it."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import aiohttp

from apps.inference.errors import NotServed
from apps.inference.http.pace import Pace
from apps.inference.prompts.tags import take_fill_tag_apart, take_tags_apart
from apps.inference.protocols.base import Protocol
from apps.inference.protocols.chat_reply import ChatReply, CompletionReply
from apps.inference.protocols.formats import openai_format
from apps.inference.protocols.infill_reply import InfillReply
from apps.inference.protocols.logprobs import check_kind, in_chat_body, in_completion_body
from apps.inference.protocols.parameters import Sampling, check_chat, check_completion, refuse, top_p_of
from apps.inference.protocols.scored_reply import ScoredChatReply, ScoredCompletionReply
from apps.inference.protocols.streaming import Plan, stream_reply
from apps.inference.protocols.tgi import TGINative, native_plan, templated_post
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Post, Timeouts
from apps.inference.server import Server
from apps.inference.tokenizing import count_chat_tokens, token_ids

CHAT_PATH = "/v1/chat/completions"
COMPLETION_PATH = "/v1/completions"
INFILL_PATH = "/infill"
WANT_TO_BE_TOLD = ("vllm", "sglang")  # need keys to continue a partial reply; other servers do so by themselves
FILL_BY_THEMSELVES = ("llama.cpp", "unknown")


class OpenAIStyle(Protocol):
    """``POST /v1/chat/completions`` and ``/v1/completions`` with ``stream``; ``/infill`` of llama.cpp.

    llama.cpp continues a partial assistant turn at the end as it is. TGI looks for its text in the rendered prompt,
    where white space around the text is gone, so TGI is asked in its native protocol instead. vLLM and SGLang need
    keys, which are sent if ``server.kind`` names one of the two.
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
            if is_continued_natively(server, request):
                try:
                    return native_plan(await templated_post(http, server, request, timeouts), request)
                except NotServed:
                    pass  # TGI before 2.3
            post = Post(CHAT_PATH, chat_body(server, request))
            counts_tokens = server.kind == "tgi"
            if request.logprobs is None:
                return Plan(post.path, post.body, ChatReply(request.max_tokens, counts_tokens=counts_tokens))
            scored = ScoredChatReply(request.max_tokens, likely=request.logprobs, counts_tokens=counts_tokens)
            return Plan(post.path, post.body, scored)

        return stream_reply(http, server, timeouts, plan, pace)

    def chat_post(self, server: Server, request: ChatRequest) -> Post | None:
        """Return what ``stream_chat`` posts; ``None`` if TGI must first render the prompt of a reply to continue."""
        body = chat_body(server, request)
        return None if is_continued_natively(server, request) else Post(CHAT_PATH, body)

    def stream_completion(
        self,
        http: aiohttp.ClientSession,
        server: Server,
        request: CompletionRequest,
        timeouts: Timeouts,
        pace: Pace | None = None,
    ) -> AsyncGenerator[Delta]:
        """Continue, or fill in, the text of ``request``, streaming."""

        async def plan() -> Plan:
            post = self.completion_post(server, request)
            if request.suffix:
                return Plan(post.path, post.body, InfillReply())
            if is_scored_natively(server, request):
                return native_plan(post, request)
            if request.logprobs is not None:
                return Plan(post.path, post.body, ScoredCompletionReply(request.max_tokens, likely=request.logprobs))
            return Plan(post.path, post.body, CompletionReply(request.max_tokens, counts_tokens=server.kind == "tgi"))

        return stream_reply(http, server, timeouts, plan, pace)

    def completion_post(self, server: Server, request: CompletionRequest) -> Post:
        """Return what ``stream_completion`` posts: to ``/infill`` with a suffix."""
        if request.suffix:
            return Post(INFILL_PATH, infill_body(server, request))
        if is_scored_natively(server, request):
            return TGINative().completion_post(server, request)
        return Post(COMPLETION_PATH, completion_body(server, request))

    async def tokenize(
        self, http: aiohttp.ClientSession, server: Server, text: str, timeouts: Timeouts
    ) -> Sequence[int]:
        """Return the ids of the tokens of ``text``."""
        return await token_ids(http, server, text, timeouts)

    async def count_tokens(
        self, http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
    ) -> int:
        """Return how many tokens the server's own chat template makes of ``messages``."""
        return await count_chat_tokens(http, server, messages, timeouts)


def is_continued_natively(server: Server, request: ChatRequest) -> bool:
    """Return whether the request continues a partial reply of TGI."""
    check_chat(request)
    last = request.messages[-1]
    return server.kind == "tgi" and last.role == "assistant" and bool(last.content)


def is_scored_natively(server: Server, request: CompletionRequest) -> bool:
    """Return whether TGI is asked for a completion with log probabilities, which only its native protocol has."""
    return server.kind == "tgi" and request.logprobs is not None


def chat_body(server: Server, request: ChatRequest) -> dict[str, Any]:
    """Return the JSON to send; raise ``InvalidRequest`` for what no server of this style would accept."""
    check_chat(request)
    messages = list(request.messages)
    if messages[-1].role == "assistant" and not messages[-1].content:
        messages.pop()  # nothing to continue yet
    body = _body(server, request) | {
        "messages": [{"role": message.role, "content": take_tags_apart(message.content)} for message in messages]
    }
    if request.response_format:
        body["response_format"] = openai_format(server.kind, request.response_format)
    if request.logprobs is not None:
        body |= in_chat_body(request.logprobs)
    if messages[-1].role == "assistant" and server.kind in WANT_TO_BE_TOLD:
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def completion_body(server: Server, request: CompletionRequest) -> dict[str, Any]:
    """Return the JSON of a completion. The prompt is sent to the byte, except that ``<FILL_ME>`` is taken apart."""
    check_completion(request)
    body = _body(server, request) | {"prompt": take_fill_tag_apart(request.prompt)}
    return body if request.logprobs is None else body | in_completion_body(request.logprobs)


def infill_body(server: Server, request: CompletionRequest) -> dict[str, Any]:
    """Return the JSON that asks for a gap to be filled. llama.cpp adds its model's infilling tokens itself."""
    check_completion(request)
    if server.kind not in FILL_BY_THEMSELVES:
        refuse("This model server takes no suffix: send a rendered infilling prompt instead.")
    return {
        "input_prefix": request.prompt,
        "input_suffix": request.suffix,
        "prompt": "",
        "stream": True,
        "cache_prompt": True,
    } | _named(request, longest="n_predict")


def _body(server: Server, sampling: Sampling) -> dict[str, Any]:
    body: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    # TGI serves one model and takes any other name than its own for that of an adapter.
    if server.model and server.kind != "tgi":
        body["model"] = server.model
    body |= _named(sampling, longest="max_tokens")
    if sampling.logprobs is not None:
        check_kind(server.kind, sampling.logprobs)
        if server.kind == "llama.cpp":
            # llama.cpp would join the tokens that may begin a stop sequence into one. The reader of the reply cuts it.
            body.pop("stop", None)
    return body


def _named(sampling: Sampling, *, longest: str) -> dict[str, Any]:
    named = {
        longest: sampling.max_tokens,
        "temperature": sampling.temperature,
        # TGI samples as soon as it is given top-p, whatever the temperature.
        "top_p": None if sampling.temperature == 0 else top_p_of(sampling),
        "stop": list(sampling.stop) or None,
        "seed": sampling.seed,
    }
    return {name: value for name, value in named.items() if value is not None}
