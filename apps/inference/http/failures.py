"""Read the errors of model servers by their shape and map them to our own tree.

Shapes met: ``{"error": "text", "error_type": "…"}`` (TGI), ``{"error": {"message": …, "type": …, "code": …}}`` (vLLM,
llama.cpp, TGI inside a chat stream), ``{"message": …, "type": …, "code": …}`` (SGLang, older vLLM), plain text, and
nothing at all. TGI reports every failure inside a chat stream as 422, overload included, so its text is checked before
the status.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from apps.inference.errors import (
    AuthenticationFailed,
    ContextTooLong,
    InferenceError,
    Interrupted,
    InvalidRequest,
    NotServed,
    Overloaded,
    ProtocolError,
    ServerError,
    Unreachable,
)

_TOO_LONG = re.compile(
    r"`inputs` must have less than|`inputs` tokens \+ `max_new_tokens` must be|maximum context length"
    r"|(?:exceed|longer than|larger than)\w* (?:the )?(?:model'?s? )?(?:available |maximum )?context"
    r"|context (?:length|size|window).{0,40}exceed",
    re.IGNORECASE,
)
_ERROR_STATUS = re.compile("[45][0-9][0-9]")
_KINDS: dict[str, type[InferenceError]] = {
    "overloaded": Overloaded,
    "validation": InvalidRequest,
    "tool_error": InvalidRequest,
    "template_error": InvalidRequest,
    "generation": ServerError,
    "incomplete_generation": ServerError,
    "incomplete_generation_stream": Interrupted,
    "stream_serialization_error": ServerError,
    "exceed_context_size_error": ContextTooLong,
    "context_length_exceeded": ContextTooLong,
    "authentication_error": AuthenticationFailed,
    "not_supported_error": InvalidRequest,
    "unavailable_error": Overloaded,
}
_BEGINNINGS: dict[str, type[InferenceError]] = {
    "Model is overloaded": Overloaded,
    "Input validation error": InvalidRequest,
    "Template error": InvalidRequest,
    "Tool error": InvalidRequest,
    "Request failed during generation": ServerError,
    "Incomplete generation stream": Interrupted,
    "Incomplete generation": ServerError,
}
_STATUSES: dict[int, type[InferenceError]] = {
    401: AuthenticationFailed,
    403: AuthenticationFailed,
    404: NotServed,
    405: NotServed,
    407: Unreachable,
    408: Overloaded,
    425: Overloaded,
    424: ServerError,
    429: Overloaded,
    501: InvalidRequest,
    502: Unreachable,
    503: Overloaded,
    504: Unreachable,
}


@dataclass(frozen=True, slots=True)
class _Report:
    message: str = ""
    kinds: tuple[str, ...] = ()
    status: int | None = None


def failure_of_response(status: int, body: bytes) -> InferenceError:
    """Name the failure of a whole response from its status and the beginning of its body."""
    text = body.decode(errors="replace")
    try:
        report = _read_report(json.loads(text))
    except (ValueError, RecursionError):
        report = None
    return _name(report or _Report(message=text), status)


def failure_of_event(event: dict[str, object]) -> InferenceError | None:
    """Name the failure that an event of a stream reports; ``None`` when it reports none."""
    report = _read_report(event)
    return _name(report, report.status) if report else None


def _read_report(body: object) -> _Report | None:
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, dict):
        return _read_fields(error)
    if isinstance(error, str) and error:
        return _Report(error, _texts(body.get("error_type"), body.get("type")))
    # A message alone may be a greeting or a keep-alive.
    is_error = "code" in body or "error" in str(body.get("type")).lower() or body.get("object") == "error"
    return _read_fields(body) if is_error and "message" in body and "choices" not in body else None


def _read_fields(error: dict[str, object]) -> _Report:
    code = error.get("http_status_code", error.get("code"))
    message = error.get("message")
    return _Report(
        message if isinstance(message, str) else "",
        _texts(error.get("type"), code),
        _status(code),
    )


def _texts(*values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _status(code: object) -> int | None:
    return int(str(code)) if _ERROR_STATUS.fullmatch(str(code)) else None


def _name(report: _Report, status: int | None) -> InferenceError:
    detail = f"{status or 'in stream'}: {report.message}"
    for kind in report.kinds:
        if kind in _KINDS:
            return _sharpen(_KINDS[kind], report.message)(detail)
    for beginning, error in _BEGINNINGS.items():
        if report.message.startswith(beginning):
            return _sharpen(error, report.message)(detail)
    return _sharpen(_of_status(status), report.message)(detail)


def _sharpen(error: type[InferenceError], message: str) -> Callable[[str], InferenceError]:
    if error in (InvalidRequest, ServerError) and _TOO_LONG.search(message[:2000]):
        return ContextTooLong
    return error


def _of_status(status: int | None) -> type[InferenceError]:
    if status is None:
        return ServerError
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError
    return InvalidRequest if status >= HTTPStatus.BAD_REQUEST else ProtocolError
