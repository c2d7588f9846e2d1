"""What the API refuses, in OpenAI's words.

ApiError
├── InvalidKey           401
├── NotFound             404
├── ModelNotFound        404
├── MethodNotAllowed     405
├── TooLarge             413
├── InvalidRequest       422
│   └── ModelUnable      422
├── TooManyRequests      429
├── ModelUnavailable     503
├── ReplyFailed          503
├── WebProcessStops      503
└── Unavailable          503
"""

from http import HTTPStatus
from typing import Any, ClassVar

from apps.generation.models import Task


class ApiError(Exception):
    """Base of all. ``kind`` and ``code`` are OpenAI's ``type`` and ``code``, ``param`` the field that is wrong."""

    status: ClassVar[HTTPStatus]
    kind: ClassVar[str] = "invalid_request_error"
    code: ClassVar[str | None] = None

    def __init__(self, sentence: str, *, param: str | None = None, **headers: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.param = param
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"message": self.sentence, "type": self.kind, "param": self.param, "code": self.code}}


class InvalidKey(ApiError):
    status = HTTPStatus.UNAUTHORIZED
    code = "invalid_api_key"

    def __init__(self) -> None:
        super().__init__("Send a valid API key as “Authorization: Bearer KEY”.", WWW_Authenticate="Bearer")


class NotFound(ApiError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class ModelNotFound(ApiError):
    status = HTTPStatus.NOT_FOUND
    code = "model_not_found"

    def __init__(self, model: str) -> None:
        super().__init__(f"There is no model {model!r}: GET /v1/models lists those there are.")
        self.param = "model"


class MethodNotAllowed(ApiError):
    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This address takes {allowed} only.", Allow=allowed)


class TooLarge(ApiError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "request_too_large"


class InvalidRequest(ApiError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ModelUnable(InvalidRequest):
    """The model is there, and is not for this."""

    code = "model_unable"

    def __init__(self, model: str, task: Task, *, others: list[str]) -> None:
        instead = f"Those that can: {', '.join(others)}." if others else "None that is served here can."
        super().__init__(f"The model {model!r} cannot {task.label.lower()}. {instead}")
        self.param = "suffix" if task == Task.INFILL else "model"


class TooManyRequests(ApiError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"


class ModelUnavailable(ApiError):
    """No server of the model can be used at present."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "model_unavailable"


class ReplyFailed(ApiError):
    """A generation failed. Clients must not try again by themselves: the workers have done that already."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "generation_failed"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, X_Should_Retry="false")


class WebProcessStops(ApiError):
    """The reply is being written, but not by this process, which stops. Asking again would make a second one."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "server_stopping"

    def __init__(self) -> None:
        super().__init__(
            "The web process was stopped. The reply goes on: GET /v1/generations/<X-Generation-Id> has it.",
            Retry_After="1",
            X_Should_Retry="false",
        )


class Unavailable(ApiError):
    """The database or Redis does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "unavailable"

    def __init__(self, sentence: str = "The workbench cannot answer at present.", *, seconds: int = 1) -> None:
        super().__init__(sentence, Retry_After=str(seconds))
