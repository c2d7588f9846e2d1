"""The info on a reply: its model, settings and prompt."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.chat.context.grounding import NOTHING_FOUND
from apps.chat.markdown.code import code_block
from apps.chat.models import Message
from apps.endpoints.choices import Protocol
from apps.generation.models import Generation, State
from apps.generation.request_record import RequestRecord
from apps.generation.selectors import text_so_far
from apps.inference.errors import InvalidRequest
from apps.inference.prompts import Prompt, chat_prompt
from apps.inference.protocols import protocol_named
from apps.inference.protocols.tgi import code_llama_size
from apps.inference.requests import Post

SPEAKERS = {"system": "System prompt", "user": "User", "assistant": "Assistant"}
ENDINGS = {
    "stop": "The model ended it (stop)",
    "length": "It reached the most tokens that it may have (length)",
    "content_filter": "The server's content filter ended it (content_filter)",
    "tool_calls": "The model asked for a tool, which chats do not have (tool_calls)",
    "unknown": "The server did not say why it ended (unknown)",
    "": "Complete",
}


class Story(StrEnum):
    """The completeness of the request records."""

    SENT = "sent"  # every request is known
    NOTHING = "nothing"  # no request was sent yet
    NO_MODEL = "no_model"  # the guide has nothing to say
    QUOTED = "quoted"  # the guide answers by itself
    IMPORTED = "imported"  # nothing is known but the figures in the file
    UNRECORDED = "unrecorded"  # the reply was made before requests were kept


@dataclass(frozen=True, slots=True)
class RequestTurn:
    """A message in a request."""

    speaker: str
    text: str


class ReplyInfo:
    """The info on a reply. Requests are rendered by the code that sends them."""

    def __init__(self, message: Message, generation: Generation) -> None:
        self.message = message
        self.reply = generation
        self.requests = RequestRecord.read(generation.sent)
        self.last = self.requests[-1] if self.requests else None

    @cached_property
    def story(self) -> Story:
        if self.last is not None:
            return Story.SENT
        if self.reply.is_over and not self.reply.messages:
            return Story.IMPORTED
        if self.reply.endpoint_id is not None and self.reply.is_over:
            return Story.UNRECORDED
        if self.reply.text == NOTHING_FOUND:
            return Story.NO_MODEL
        is_quoted = self.reply.state == State.SUCCEEDED and not self.reply.attempt and self.message.passages
        return Story.QUOTED if is_quoted else Story.NOTHING

    @property
    def ending(self) -> str:
        """Return how the reply ended; "" if it has not ended, or if no model was asked."""
        if self.story in {Story.NO_MODEL, Story.QUOTED}:
            return ""
        match State(self.reply.state):
            case State.SUCCEEDED:
                return ENDINGS.get(self.reply.finish_reason, self.reply.finish_reason)
            case State.CANCELLED:
                return "You stopped it"
            case State.FAILED:
                return f"It failed: {self.reply.error}"
        return ""

    @property
    def endpoint(self) -> str:
        """Return the name of the model server at the time."""
        if self.last is not None:
            return self.last.endpoint
        return self.reply.endpoint.name if self.reply.endpoint else ""

    @property
    def protocol(self) -> str:
        return str(Protocol(self.last.protocol).label) if self.last else ""

    @property
    def settings(self) -> list[tuple[str, str]]:
        """Return the sampling parameters that were sent."""
        given = self.last.parameters if self.last else {}
        words = {
            "temperature": ("Temperature", "{:g}"),
            "top_p": ("Top-p", "{:g}"),
            "max_tokens": ("Longest reply", "{:,} tokens"),
            "seed": ("Seed", "{}"),
        }
        shown = [(label, form.format(given[name])) for name, (label, form) in words.items() if name in given]
        if stops := given.get("stop"):
            shown.append(("Stop sequences", ", ".join(map(json.dumps, stops))))
        return shown

    @cached_property
    def request_turns(self) -> list[RequestTurn]:
        """Return the messages of the last request."""
        turns = _turns(self._split[0])
        if self.last is not None and self.last.continued:
            turns.append(RequestTurn("The reply so far, to be gone on with", self._text[: self.last.continued]))
        return turns

    @cached_property
    def left_out(self) -> list[RequestTurn]:
        """Return the messages that did not fit the context window."""
        return _turns(self._split[1])

    @property
    def post(self) -> Post | None:
        """Return the last request; ``None`` if there was none, or if the server rendered the prompt."""
        return self._posted[0]

    @property
    def refusal(self) -> str:
        """Return why the request was not sent, or ""."""
        return self._posted[1]

    @cached_property
    def prompt(self) -> SafeString:
        """Return the prompt as text, as it was sent or as ``is_expected``."""
        if self.post is not None and self.post.prompt is not None:
            return _marked(self.post.prompt)
        return _marked(self._expected) if self._expected else SafeString()

    @property
    def is_expected(self) -> bool:
        """Return whether the prompt is our rendering of messages that the server rendered itself."""
        return self._expected is not None

    @cached_property
    def body(self) -> SafeString:
        """Return the posted JSON, indented."""
        text = json.dumps(self.post.body, ensure_ascii=False, indent=2) if self.post else ""
        return mark_safe(code_block(text, language="json"))  # noqa: S308 - escaped by Pygments

    @cached_property
    def _posted(self) -> tuple[Post | None, str]:
        if self.last is None:
            return None, ""
        try:
            request = self.last.request(self.reply.messages, self._text)
            return protocol_named(self.last.protocol).chat_post(self.last.server, request), ""
        except InvalidRequest as error:
            return None, error.sentence

    @cached_property
    def _split(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        if self.last is not None:
            return self.last.split(self.reply.messages)
        if self.story == Story.UNRECORDED:
            lost = RequestRecord(at=self.reply.created_at, endpoint="", protocol="", left_out=self.reply.left_out)
            return lost.split(self.reply.messages)
        return self.reply.messages, []

    @cached_property
    def _text(self) -> str:
        return text_so_far(self.reply)

    @cached_property
    def _expected(self) -> Prompt | None:
        if self.last is None or self.post is None or self.post.prompt is not None:
            return None
        server = self.last.server
        size = code_llama_size(server) if server.model or server.size else None
        if size is None:
            return None
        try:
            request = self.last.request(self.reply.messages, self._text)
            return chat_prompt(request.messages, size=size, template="hub")
        except InvalidRequest:
            return None


def _turns(messages: Iterable[dict[str, str]]) -> list[RequestTurn]:
    return [RequestTurn(SPEAKERS.get(message["role"], message["role"]), message["content"]) for message in messages]


def _marked(prompt: Prompt) -> SafeString:
    """Return the prompt's exact text, with special tokens marked."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span class="prompt__token">{}</span>', piece.text) if piece.is_special else piece.text,)
            for piece in prompt.pieces
        ),
    )
