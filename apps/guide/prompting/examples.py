"""Examples of prompts in prose: a ``prompt`` block in TOML, which the page shows as the rendered prompt."""

import tomllib
from typing import Literal

import msgspec

from apps.guide.examples import open_url
from apps.inference.errors import InvalidRequest
from apps.inference.prompts import Order, Prompt, Template, chat_prompt, completion_prompt, infilling_prompt


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Example(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The content of a prompt; the format decides which fields count."""

    format: Literal["chat", "infill", "complete"]
    size: Literal["7B", "13B", "34B", "70B"] = "7B"
    template: Template = "reference"
    messages: list[Turn] = []
    prefix: str = ""
    suffix: str = ""
    order: Order | None = None
    prompt: str = ""

    def build(self) -> Prompt:
        """Return the prompt. Raises ``InvalidRequest``."""
        if self.format == "chat":
            return chat_prompt(self.messages, size=self.size, template=self.template)
        if self.format == "infill":
            return infilling_prompt(self.prefix, self.suffix, order=self.order)
        return completion_prompt(self.prompt)

    @property
    def open_url(self) -> str:
        """Return the address of the playground with this text; empty for a chat."""
        if self.format == "infill":
            return open_url(before=self.prefix, after=self.suffix)
        return open_url(before=self.prompt) if self.format == "complete" else ""


class FaultyExample(ValueError):
    """An example that cannot be rendered; says why."""


def read_example(source: str) -> tuple[Example, Prompt]:
    """Return the example that ``source`` describes in TOML, and its prompt; raises ``FaultyExample``."""
    try:
        example = msgspec.convert(tomllib.loads(source), type=Example)
        return example, example.build()
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, InvalidRequest) as error:
        raise FaultyExample(str(error)) from None
