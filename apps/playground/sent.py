"""The request that was sent to a model server for an output, built by the code that sends it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.endpoints.choices import Protocol
from apps.generation.documents import SentDocument, recorded_document, recorded_request
from apps.generation.models import Generation, Task
from apps.generation.request_record import RequestRecord
from apps.generation.selectors import text_so_far
from apps.inference.errors import InvalidRequest
from apps.inference.prompts.tags import take_fill_tag_apart
from apps.inference.protocols import protocol_named
from apps.inference.requests import Post

WORDS = {
    "max_tokens": "Longest reply",
    "temperature": "Temperature",
    "top_p": "Top-p",
    "seed": "Seed",
    "stop": "Stop sequences",
}


@dataclass(frozen=True)
class Sent:
    """One request of a generation."""

    generation: Generation
    record: RequestRecord

    @property
    def protocol(self) -> str:
        return str(Protocol(self.record.protocol).label)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Return the sampling parameters as sent; the server chose the others."""
        given: Mapping[str, Any] = self.record.parameters
        return [(words, _as_text(given[name])) for name, words in WORDS.items() if name in given]

    @cached_property
    def document(self) -> SentDocument | None:
        """Return the document as it was sent; ``None`` for a chat."""
        if self.generation.task == Task.CHAT:
            return None
        return recorded_document(self.generation, self.record, text_so_far(self.generation))

    @property
    def prompt(self) -> SafeString:
        """Return the exact prompt, its special tokens marked; BOS is added by the server."""
        document = self.document
        if document is None:
            return SafeString()
        if document.prompt is None:
            return format_html("{}", take_fill_tag_apart(document.text))
        rest = document.text[len(document.prompt.text) :]
        special = '<span class="prompt__token">{}</span>'
        marked = ((format_html(special, p.text) if p.is_special else p.text,) for p in document.prompt.pieces[1:])
        return format_html("{}{}", format_html_join("", "{}", marked), rest)

    @cached_property
    def post(self) -> Post | None:
        """Return the request as it was posted; ``None`` if the server was first asked to render its prompt."""
        protocol, text = protocol_named(self.record.protocol), text_so_far(self.generation)
        try:
            if self.generation.task == Task.CHAT:
                return protocol.chat_post(self.record.server, self.record.request(self.generation.messages, text))
            return protocol.completion_post(self.record.server, recorded_request(self.generation, self.record, text))
        except InvalidRequest:  # refused before it was sent
            return None

    @property
    def body(self) -> str:
        """Return the posted JSON, indented."""
        return json.dumps(self.post.body, indent=2, ensure_ascii=False) if self.post else ""

    @property
    def turns(self) -> list[dict[str, str]]:
        """Return the messages of a chat, from which the server made the prompt."""
        return self.record.split(self.generation.messages)[0]


def requests_of(generation: Generation) -> list[Sent]:
    """Return every request of the output, the earliest first; a reply that broke off has several."""
    return [Sent(generation, record) for record in RequestRecord.read(generation.sent)]


def _as_text(value: Any) -> str:
    return ", ".join(repr(item) for item in value) if isinstance(value, list | tuple) else f"{value}"
