"""Handle a request for replies: start them, answer, and cancel them if the caller leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.accounts.models import ApiKey
from apps.gateway.access import refusal
from apps.gateway.callers.caller import Caller, named_in_header
from apps.gateway.callers.leaving import leave
from apps.gateway.callers.previous import previous_of, replacing_previous
from apps.gateway.errors import ApiError, InvalidKey
from apps.gateway.forms import Request
from apps.gateway.idempotency import idempotency_key_of
from apps.gateway.services import start_replies
from apps.generation.models import Generation

type Respond = Callable[[list[Generation], Caller], Awaitable[HttpResponseBase]]


async def answered(
    request: HttpRequest,
    key: ApiKey,
    asked: Request,
    respond: Respond,
    *,
    refuse: Callable[[ApiError], HttpResponse] = refusal,
) -> HttpResponseBase:
    """Start the requested generations and return the response of ``respond``; ``refuse`` answers errors."""
    once = idempotency_key_of(request)
    caller = Caller(request)
    start = partial(start_replies, owner=key.owner, asked=asked, idempotency_key=once)
    generations = await caller.start(replacing_previous(request, key, start))
    try:
        response = await respond(generations, caller)
    except asyncio.CancelledError:
        if caller.has_given_up:
            _leave_all(generations)
        raise
    except InvalidKey as error:
        if not caller.stays:
            _leave_all(generations)
        response = refuse(error)
    except ApiError as error:
        response = refuse(error)
    response["X-Generation-Id"] = named_in_header(generations)
    return response


def check_headers(request: HttpRequest) -> None:
    """Raise ``InvalidRequest`` if one of the headers that ``answered`` reads is wrong."""
    idempotency_key_of(request)
    previous_of(request)


def _leave_all(generations: list[Generation]) -> None:
    for generation in generations:
        leave(generation.pk)
