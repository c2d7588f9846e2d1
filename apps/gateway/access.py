"""Check the API key of each request before anything else."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate

import msgspec
import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from apps.accounts.errors import KeyNotAllowed
from apps.accounts.keys.api_keys import use_api_key
from apps.accounts.models import ApiKey
from apps.gateway.errors import (
    ApiError,
    InvalidKey,
    MethodNotAllowed,
    NotAllowed,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from apps.stores.outages import STORE_AWAY
from apps.stores.threads import in_thread
from apps.usage.errors import LimitReached

logger = structlog.get_logger(__name__)

type View[**P] = Callable[P, Coroutine[Any, Any, HttpResponseBase]]


def api_view[**P](
    method: str = "",
    *,
    refuse: Callable[[ApiError], HttpResponse] | None = None,
) -> Callable[[View[Concatenate[HttpRequest, ApiKey, P]]], View[Concatenate[HttpRequest, P]]]:
    """Make an async view part of the API: pass it the checked key, and answer its errors as JSON.

    ``refuse`` answers an error in another shape than OpenAI's. Sessions and cookies are ignored, so there is nothing
    for CSRF to abuse.
    """
    answer_error = refuse or refusal

    def decorate(view: View[Concatenate[HttpRequest, ApiKey, P]]) -> View[Concatenate[HttpRequest, P]]:
        @wraps(view)
        async def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                key = await in_thread(_key_of)(request)
                if method and request.method != method:
                    raise MethodNotAllowed(method)
                response = await view(request, key, *args, **kwargs)
            except ApiError as error:
                response = answer_error(error)
            except RequestDataTooBig:
                response = answer_error(TooLarge("The request is too large."))
            except KeyNotAllowed as error:
                response = answer_error(NotAllowed(error.sentence))
            except LimitReached as error:
                response = answer_error(TooManyRequests(error.sentence, Retry_After=str(error.seconds)))
            except STORE_AWAY as error:
                logger.warning("API not available", error=type(error).__name__)
                response = answer_error(Unavailable())
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return csrf_exempt(login_not_required(answer))  # type: ignore[return-value]

    return decorate


def json_response(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(content), status=status, headers=headers, content_type="application/json")


def refusal(error: ApiError) -> HttpResponse:
    return json_response(error.body, status=error.status, headers=error.headers)


def _key_of(request: HttpRequest) -> ApiKey:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    key = use_api_key(secret.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise InvalidKey
    return key
