"""The errors of the API, in OpenAI's shape.

ApiError
├── InvalidKey           401
├── NotAllowed           403
├── NotFound             404
├── ModelNotFound        404
├── MethodNotAllowed     405
├── TooLarge             413
├── InvalidRequest       400
│   ├── ModelUnable      400
│   └── RequestRefused   400
├── TooManyRequests      429
├── ModelUnavailable     503
├── ReplyFailed          503
├── WebProcessStops      503
├── Unavailable          503
└── ServerFailed         500
"""

from http import HTTPStatus
from typing import Any, ClassVar

from apps.generation.models import Task

AWAY = "The workbench cannot answer now: its database or Redis is away. Try again."


class ApiError(Exception):
    """Base of the tree. ``kind`` and ``code`` are OpenAI's ``type`` and ``code``; ``param`` names the wrong field."""

    status: ClassVar[HTTPStatus]
    kind: ClassVar[str] = "invalid_request_error"
    code: str | None = None

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


class NotAllowed(ApiError):
    """The key, or the groups of its owner, may not do this work."""

    status = HTTPStatus.FORBIDDEN
    code = "key_not_allowed"


class NotFound(ApiError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class ModelNotFound(ApiError):
    status = HTTPStatus.NOT_FOUND
    code = "model_not_found"

    def __init__(self, model: str, *, served: list[str]) -> None:
        there_are = f"Served here: {', '.join(served)}." if served else "No model is served here yet."
        super().__init__(f"There is no model {model!r}. {there_are}")
        self.param = "model"


class MethodNotAllowed(ApiError):
    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This address takes {allowed} only.", Allow=allowed)


class TooLarge(ApiError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "request_too_large"


class InvalidRequest(ApiError):
    status = HTTPStatus.BAD_REQUEST


class ModelUnable(InvalidRequest):
    """The model is served but cannot do the task."""

    code = "model_unable"

    def __init__(self, model: str, task: Task, *, others: list[str]) -> None:
        instead = f"Those that can: {', '.join(others)}." if others else "None that is served here can."
        super().__init__(f"The model {model!r} cannot {task.label.lower()}. {instead}")
        self.param = "suffix" if task == Task.INFILL else "model"


class RequestRefused(InvalidRequest):
    """The model server refused the request itself; sending it again would be refused again."""

    def __init__(self, sentence: str, *, task: Task, is_too_long: bool) -> None:
        text = "messages" if task == Task.CHAT else "prompt"
        super().__init__(sentence, param=text if is_too_long else None, X_Should_Retry="false")
        self.code = "context_length_exceeded" if is_too_long else None


class TooManyRequests(ApiError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"


class ModelUnavailable(ApiError):
    """No endpoint for the model is enabled."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "model_unavailable"


class ReplyFailed(ApiError):
    """A generation failed. Clients must not retry by themselves: the workers have retried already."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "generation_failed"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, X_Should_Retry="false")


class WebProcessStops(ApiError):
    """The web process stops while the reply continues in a worker. A retry would start a second reply."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "server_stopping"

    def __init__(self) -> None:
        super().__init__(
            "The web process was stopped. The reply continues: read it at GET /v1/generations/<X-Generation-Id>.",
            Retry_After="1",
            X_Should_Retry="false",
        )


class Unavailable(ApiError):
    """Postgres or Redis does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "server_error"
    code = "unavailable"

    def __init__(self, sentence: str = AWAY, *, seconds: int = 1) -> None:
        super().__init__(sentence, Retry_After=str(seconds))


class ServerFailed(ApiError):
    """A fault of the workbench itself. The same request would fail again."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server_error"
    code = "server_failed"

    def __init__(self) -> None:
        super().__init__("The workbench failed at this request. The fault is in its log.", X_Should_Retry="false")
