"""Every address of the API, with its parameters, body and answers."""

from typing import Any

from apps.gateway.openapi.shapes import State

REFUSED = "#/components/responses/"
STATUSES = {
    "400": "Refused",
    "401": "NoKey",
    "403": "NotAllowed",
    "404": "NotFound",
    "413": "TooLarge",
    "429": "TooMany",
    "503": "Unavailable",
}
TGI_STATUSES = {"401": "TgiNoKey", "403": "TgiNotAllowed", "404": "TgiNotFound", "413": "TooLarge"} | {
    "422": "TgiRefused",
    "424": "TgiFailed",
    "429": "TgiBusy",
    "503": "TgiBusy",
}
GENERATION_HEADER = {
    "X-Generation-Id": {
        "description": "The id of the generation; with several prompts, all ids, with commas between.",
        "schema": {"type": "string"},
    }
}
ASKING_HEADERS = [
    ("X-On-Disconnect", "`continue`: the generation continues when the caller leaves.", {"type": "string"}),
    ("X-Cancel-Previous", "End the request before it that had the same value.", {"type": "string", "maxLength": 255}),
    ("Idempotency-Key", "Get the same generation when sent again.", {"type": "string", "maxLength": 255}),
]
# One event of a stream.
EVENT = {"type": "object", "properties": {name: {"type": "string"} for name in ("event", "id", "data")}}
DAYS = {
    "name": "days",
    "in": "query",
    "description": "7, 30, 90 or 365; 30 in place of anything else.",
    "schema": {"type": "string"},
}
OFFSET = {"type": "integer", "minimum": 0, "maximum": 2**53}

type Operation = dict[str, Any]


def reference(shape: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape}"}


def all_paths() -> dict[str, dict[str, Operation]]:
    """Return the operations by address and method."""
    return {
        "/v1/models": {"get": _get("listModels", "List the names that a request may give as its model", "ModelList")},
        "/v1/models/{model}": {
            "get": _get("showModel", "Show a model", "ServedModel", "404", parameters=[_in_path("model")])
        },
        "/v1/chat/completions": {
            "post": _ask("chat", "Answer a chat", "ChatCompletion", "ChatAnswer"),
        },
        "/v1/completions": {
            "post": _ask("complete", "Continue texts, or fill a gap", "Completion", "CompletionAnswer")
        },
        "/v1/usage": {
            "get": _get("showUsage", "Show the owner's usage, and what remains", "UsageAnswer", parameters=[DAYS])
        },
        **_generation_paths(),
        **_tgi_paths(),
        "/infill": {"post": _ask("infill", "Fill a gap, as llama.cpp does", "Infill", "Infilled")},
        "/llama.cpp/{model}/infill": {
            "post": _ask("infillBy", "Fill a gap", "Infill", "Infilled", parameters=[_in_path("model")])
        },
        "/openapi.json": {"get": _own()},
    }


def _generation_paths() -> dict[str, dict[str, Operation]]:
    of_one = [_in_path("generation_id", {"type": "string", "format": "uuid"})]
    events = _get("followGeneration", "Follow a generation from any offset", "", "400", "404", "429", parameters=of_one)
    events["parameters"] += [
        {"name": "after", "in": "query", "description": "Code points that the caller has.", "schema": OFFSET},
        {"name": "Last-Event-ID", "in": "header", "description": "Wins over `after`.", "schema": OFFSET},
    ]
    events["description"] = (
        "Server-sent events: `delta` `{offset, text}` with the offset after it as `id`, `state` `{state, position}`, "
        f"and one last `end` `{{state, finish_reason, usage, error}}`. States: {', '.join(State.__value__.__args__)}."
    )
    shown = "ShownGeneration"
    return {
        "/v1/generations/{generation_id}": {
            "get": _get("showGeneration", "Show a generation and its text so far", shown, "404", parameters=of_one)
        },
        "/v1/generations/{generation_id}/events": {"get": events},
        "/v1/generations/{generation_id}/cancel": {
            "post": _get("cancelGeneration", "Cancel a generation, and show it", shown, "404", parameters=of_one)
        },
    }


def _tgi_paths() -> dict[str, dict[str, Operation]]:
    whole, either = reference("GeneratedText"), {"type": "array", "items": reference("GeneratedText")}
    kinds = {
        "/generate": ("generate", "Continue a text, as TGI does", whole, False),
        "/generate_stream": ("generateStream", "Continue a text, streaming as TGI does", None, True),
        "": ("generateEither", "Continue a text, streaming or whole, as TGI's root does", either, True),
    }
    paths = {}
    for path, (name, summary, answer, streams) in kinds.items():
        for prefix, parameters in (("", []), ("/tgi/{model}", [_in_path("model")])):
            address = f"{prefix}{path}" or "/tgi"
            operation = _ask(
                f"{name}{'By' if prefix else ''}",
                summary,
                "Generate",
                "GeneratedText",
                parameters=parameters,
                statuses=TGI_STATUSES,
            )
            content = {"application/json": {"schema": answer}} if answer else {}
            content |= {"text/event-stream": {"schema": EVENT}} if streams else {}
            operation["responses"]["200"]["content"] = content
            paths[address] = {"post": operation}
    return paths


def _own() -> Operation:
    answer = {"description": "This description.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"operationId": "describe", "summary": "Describe the API", "security": [], "responses": {"200": answer}}


def _get(name: str, summary: str, answer: str, *more: str, parameters: list[dict[str, Any]] | None = None) -> Operation:
    """Return an operation without a body; without a shape for the answer, the answer is a stream of events."""
    kind = "application/json" if answer else "text/event-stream"
    content = {kind: {"schema": reference(answer) if answer else EVENT}}
    about_one = {"headers": GENERATION_HEADER} if answer == "ShownGeneration" or not answer else {}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters or []),
        "responses": {
            "200": {"description": "As asked.", "content": content, **about_one},
            **{status: {"$ref": REFUSED + STATUSES[status]} for status in sorted({"401", "403", "413", "503", *more})},
        },
    }


def _ask(  # noqa: PLR0913 (what differs between them)
    name: str,
    summary: str,
    asked: str,
    answer: str,
    *,
    parameters: list[dict[str, Any]] | None = None,
    statuses: dict[str, str] = STATUSES,
) -> Operation:
    """Return an operation that starts generations: whole, or with ``stream`` as server-sent events."""
    headers = [
        {"name": header, "in": "header", "description": text, "schema": schema}
        for header, text, schema in ASKING_HEADERS
    ]
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*(parameters or []), *headers],
        "requestBody": {"required": True, "content": {"application/json": {"schema": reference(asked)}}},
        "responses": {
            "200": {
                "description": "The reply; with `stream`, server-sent events.",
                "headers": GENERATION_HEADER,
                "content": {
                    "application/json": {"schema": reference(answer)},
                    "text/event-stream": {"schema": EVENT},
                },
            },
            **{status: {"$ref": REFUSED + name} for status, name in statuses.items()},
        },
    }


def _in_path(name: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema or {"type": "string", "minLength": 1}}
