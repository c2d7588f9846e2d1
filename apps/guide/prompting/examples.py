"""Examples of prompts in prose: a ``prompt`` block says in TOML what goes in, and the page shows what comes out."""

import tomllib
from typing import Literal

import msgspec

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


class FaultyExample(ValueError):
    """An example that cannot be rendered; says why."""


def render_example(source: str) -> Prompt:
    """Return the prompt of the example that ``source`` describes in TOML; raises ``FaultyExample``."""
    try:
        return _build(msgspec.convert(tomllib.loads(source), type=Example))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, InvalidRequest) as error:
        raise FaultyExample(str(error)) from None


def _build(example: Example) -> Prompt:
    if example.format == "chat":
        return chat_prompt(example.messages, size=example.size, template=example.template)
    if example.format == "infill":
        return infilling_prompt(example.prefix, example.suffix, order=example.order)
    return completion_prompt(example.prompt)
