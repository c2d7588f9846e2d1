"""The format that a reply is held to, in the words of each server.

A wanted format is OpenAI's ``response_format``: ``{"type": "json_object"}``, or ``{"type": "json_schema",
"json_schema": {"name", "schema"}}``. vLLM, SGLang and llama.cpp take it as it is. Text Generation Inference takes a
schema with ``properties`` under keys of its own, and no JSON without one.
"""

from collections.abc import Mapping
from typing import Any

from apps.inference.protocols.parameters import refuse
from apps.inference.server import ServerKind

type ReplyFormat = Mapping[str, Any]

TAKE_OPENAIS = ("vllm", "sglang", "llama.cpp")


def takes_format(protocol: str, kind: ServerKind, wanted: ReplyFormat) -> bool:
    """Return whether a server is known to hold replies to the ``wanted`` format."""
    if protocol == "tgi" or kind == "tgi":
        return bool(_schema_of(wanted).get("properties"))
    return kind in TAKE_OPENAIS


def openai_format(kind: ServerKind, wanted: ReplyFormat) -> ReplyFormat:
    """Return ``response_format`` as a server of the OpenAI style takes it. Raises ``InvalidRequest``."""
    if not takes_format("openai", kind, wanted):
        refuse("The model server cannot hold its reply to this format.")
    return {"type": "json_object", "value": _schema_of(wanted)} if kind == "tgi" else wanted


def tgi_grammar(wanted: ReplyFormat) -> dict[str, Any]:
    """Return ``grammar`` as TGI's own protocol takes it. Raises ``InvalidRequest``."""
    if not takes_format("tgi", "tgi", wanted):
        refuse("The model server cannot hold its reply to JSON without a schema that names properties.")
    return {"type": "json", "value": _schema_of(wanted)}


def _schema_of(wanted: ReplyFormat) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = wanted.get("json_schema", {}).get("schema", {})
    return schema
