"""Build the description, in OpenAPI 3.1: request bodies from the types in ``forms``, addresses from ``paths``."""

from functools import cache
from typing import Any

import msgspec

from apps.gateway.forms import ChatCompletion, Completion
from apps.gateway.llama_cpp.forms import Infill
from apps.gateway.openapi import shapes
from apps.gateway.openapi.paths import all_paths, reference
from apps.gateway.tgi.forms import Generate

VERSION = "1"
SENTENCES = {
    "Refused": "A field is wrong or cannot be honoured, or the model cannot do the task.",
    "NoKey": "No valid API key was sent.",
    "NotAllowed": "The key is limited to other kinds of use.",
    "NotFound": "There is no such model, or no such generation of yours.",
    "TooLarge": "The body is above its limit.",
    "TooMany": "A limit of yours is reached; see Retry-After.",
    "Unavailable": "No model server can answer, the reply failed, or a store is away.",
    "TgiNoKey": "No valid API key was sent.",
    "TgiNotAllowed": "The key is limited to other kinds of use.",
    "TgiNotFound": "There is no such model.",
    "TgiRefused": "A field is wrong or cannot be honoured, or the model cannot do the task.",
    "TgiFailed": "The reply failed.",
    "TgiBusy": "A limit of yours is reached, no model server can answer, or a store is away.",
}


@cache
def openapi_document() -> bytes:
    """Return the description as JSON."""
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Code Llama Workbench",
                "version": VERSION,
                "description": (
                    "OpenAI's API and Text Generation Inference's for the Code Llama models served here. "
                    "`POST /` is taken as `POST /tgi`. Fields that are not named here are ignored."
                ),
            },
            "security": [{"key": []}],
            "paths": all_paths(),
            "components": {
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
                "schemas": _schemas(),
                "responses": {name: _refusal(name, sentence) for name, sentence in SENTENCES.items()},
            },
        }
    )


def _schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(
        (ChatCompletion, Completion, Generate, Infill, *shapes.ALL), ref_template="#/components/schemas/{name}"
    )
    return schemas


def _refusal(name: str, sentence: str) -> dict[str, Any]:
    shape = "TgiRefusal" if name.startswith("Tgi") else "Refusal"
    return {"description": sentence, "content": {"application/json": {"schema": reference(shape)}}}
