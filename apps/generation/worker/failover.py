"""Stream one generation. If an endpoint fails, continue on another."""

import math
import time
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from apps.endpoints.errors import AllEndpointsBusy, EndpointError, NoEndpointAvailable
from apps.endpoints.health.outages import Outages, read_outages
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services.record import record_failure, record_success
from apps.endpoints.services.reserve import reserve_endpoint
from apps.endpoints.slots import release_slot
from apps.generation.errors import LogUnavailable
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.finish import Outcome
from apps.generation.worker.attempt import Attempt, StopReason
from apps.generation.worker.chat_request import Destination
from apps.generation.worker.relay import begin_attempt, pause, stream
from apps.generation.worker.runtime import Runtime
from apps.inference.errors import (
    ContextTooLong,
    InferenceError,
    InvalidRequest,
    NotServed,
    Overloaded,
    ServerError,
)
from apps.inference.requests import Delta
from apps.stores.outages import POSTGRES_AWAY

logger = structlog.get_logger(__name__)

MOST_SERVER_FAILURES = 2
BREAKS_SERVERS = (
    "The model server failed twice on this message, so it was not sent a third time. Change the message, or ask an "
    "admin to look at the server's log."
)
LONGEST_WAIT = 10.0  # seconds to wait until a server that is down may be tried again
SHORTEST_WAIT = 0.25


@dataclass(frozen=True, slots=True)
class NotReserved:
    """No slot was free. ``retry_after`` is in seconds; ``None`` if waiting does not help."""

    retry_after: float | None = None


class Failover:
    """Runs one attempt: at most ``GENERATION_MAX_STREAMS`` streams, each continuing the text of the last."""

    def __init__(self, generation: Generation, endpoint: Endpoint, holder: UUID, runtime: Runtime) -> None:
        self._generation = generation
        self._endpoint = endpoint
        self._holder = holder
        self._runtime = runtime
        self._failed: set[UUID] = set()
        self._wrote_something = False  # whether the latest stream brought text
        self._server_failures = 0
        self._may_come_back = False  # the server that failed may return, but only after a pause too long to wait here
        self._others_are_busy = False  # the endpoints to try next have no free slot
        self._unrecorded: Delta | None = None  # the last delta of a success that is not recorded yet

    def to_its_end(self) -> Outcome | StopReason:
        try:
            attempt = self._runtime.call(
                begin_attempt(self._runtime, self._generation, model=self._endpoint.served_model)
            )
        except LogUnavailable:
            return StopReason.LOST
        attempt.holder = self._holder
        try:
            return self._try_endpoints(attempt)
        finally:
            self._runtime.let_go(attempt)
            if attempt.scored is not None:
                _let_tokens_expire(attempt)

    def record_success(self) -> None:
        """Record a success that is not recorded yet. Call this after the outcome is stored: no reply waits then."""
        if self._unrecorded is not None:
            _record_speed(self._endpoint.pk, self._unrecorded)
            self._unrecorded = None

    def _try_endpoints(self, attempt: Attempt) -> Outcome | StopReason:
        wait = settings.GENERATION_PAUSE_SECONDS
        for streams_left in reversed(range(settings.GENERATION_MAX_STREAMS)):
            ended = self._stream(attempt)
            if ended is None:
                return attempt.stopped or StopReason.LOST
            if isinstance(ended, Delta):
                return self._success(attempt, ended)
            if self._breaks_servers(attempt, ended):
                return self._failure(attempt, ServerError(ended.detail, sentence=BREAKS_SERVERS))
            if not (_another_may_do(ended) and streams_left and self._move_on(attempt, ended)):
                return self._reason_to_wait(ended) or self._failure(attempt, ended)
            self._say_that_it_waits()
            self._runtime.call(pause(attempt, wait))
            wait *= 2
        return StopReason.LOST  # unreachable while at least one stream is allowed

    def _breaks_servers(self, attempt: Attempt, error: InferenceError) -> bool:
        """Return whether the message itself seems to make servers fail: two failures in a row without new text.

        A reply that has text may fail once more: another message in the same batch may have broken it off.
        """
        if not isinstance(error, ServerError):
            return False
        self._server_failures = 1 if self._wrote_something else self._server_failures + 1
        return self._server_failures >= MOST_SERVER_FAILURES + bool(attempt.length)

    def _stream(self, attempt: Attempt) -> Delta | InferenceError | None:
        endpoint = self._endpoint
        attempt.endpoint_id, attempt.failures = endpoint.pk, endpoint.consecutive_failures
        self._generation.endpoint = endpoint  # its slot is freed at the end
        if self._failed:  # the claim has stored the first endpoint
            Generation.objects.filter(pk=attempt.generation_id, attempt=attempt.number).update(endpoint=endpoint)
        destination = Destination(
            endpoint=endpoint.name,
            server=endpoint.server,
            protocol=endpoint.protocol,
            parameters=endpoint.parameters_for(self._generation.parameters),
            window=endpoint.context_window,
            longest_prompt=endpoint.longest_prompt,
            timeouts=endpoint.timeouts,
        )
        connection.close()  # a stream takes minutes, and there are more streams than connections
        length_before = attempt.length
        ended = self._runtime.call(stream(self._runtime, attempt, self._generation, destination))
        self._wrote_something = attempt.length > length_before
        if not isinstance(ended, Delta):
            _keep_request(attempt)
        if isinstance(ended, InferenceError):
            record_failure(endpoint_id=endpoint.pk, error=ended)
        elif ended is not None:
            self._unrecorded = ended
            if endpoint.health != Health.HEALTHY:
                self.record_success()  # other workers wait to hear that the endpoint works
        return ended

    def _move_on(self, attempt: Attempt, error: InferenceError) -> bool:
        """Reserve another endpoint, or the same endpoint after its pause if the error allows."""
        self._failed.add(self._endpoint.pk)
        if isinstance(error, ContextTooLong):
            self._failed |= _no_wider_than(self._endpoint)
        release_slot(self._endpoint.pk, self._holder)
        if self._reserve(self._failed) is None:
            return True
        if not error.may_retry:
            return False
        # One of the generations that the server broke off becomes the half-open probe; the others wait.
        give_up = time.monotonic() + LONGEST_WAIT
        while (refused := self._reserve(set())) is not None:
            seconds = refused.retry_after
            if seconds is None or time.monotonic() + seconds > give_up:
                self._may_come_back = seconds is not None
                return False
            self._runtime.call(pause(attempt, max(seconds, SHORTEST_WAIT)))
            if attempt.stopped is not None:
                return True
        return True

    def _say_that_it_waits(self) -> None:
        """Tell readers that the reply waits for the model until text comes."""
        try:
            store.write_state(
                self._generation.pk,
                State.RUNNING,
                attempt=self._generation.attempt,
                model=self._endpoint.served_model,
            )
        except RedisError as error:
            logger.warning("state not written", generation=str(self._generation.pk), error=type(error).__name__)

    def _reason_to_wait(self, error: InferenceError) -> StopReason | None:
        """Return the reason to requeue the generation, or ``None`` if it has failed."""
        if isinstance(error, Overloaded) or (self._others_are_busy and _another_may_do(error)):
            return StopReason.OVERLOADED
        if self._generation.lost_leases >= settings.GENERATION_MAX_ATTEMPTS:
            return None
        # A server that sent text before it broke off is up, and has used all its tries.
        is_gone = _another_may_do(error) and not self._wrote_something
        job = (self._generation.variant, self._generation.task)
        if self._may_come_back or (is_gone and self._outages().hits(job, self._generation.wanted)):
            return StopReason.UNSERVED
        return None

    def _outages(self) -> Outages:
        owner_id = self._generation.owner_id
        return read_outages(people=[owner_id]).for_person(owner_id)

    def _reserve(self, excluding: set[UUID]) -> NotReserved | None:
        """Take a slot on another endpoint; return ``None`` if that worked."""
        try:
            self._endpoint = reserve_endpoint(
                variant=self._generation.variant,
                holder=self._holder,
                excluding=excluding,
                needs=(self._generation.task,),
                only=self._generation.wanted_endpoint_id,
                owner_id=self._generation.owner_id,
            )
            self._others_are_busy = False
        except AllEndpointsBusy as busy:
            self._others_are_busy = True
            return NotReserved(busy.retry_after)
        except NoEndpointAvailable as refusal:
            return NotReserved(refusal.retry_after)
        except EndpointError:
            return NotReserved()
        return None

    def _success(self, attempt: Attempt, last: Delta) -> Outcome:
        return Outcome(
            state=State.SUCCEEDED,
            text=attempt.text,
            finish_reason=last.finish_reason or "",
            prompt_tokens=last.usage.prompt_tokens if last.usage else None,
            completion_tokens=attempt.tokens,
            first_token_at=self._generation.first_token_at or attempt.first_token_at,
            left_out=attempt.left_out or 0,
            sent=attempt.sent,
            scored=attempt.scored,
        )

    def _failure(self, attempt: Attempt, error: InferenceError) -> Outcome:
        return Outcome(
            state=State.FAILED,
            text=attempt.text,
            error=error.sentence,
            error_kind=type(error).__name__,
            completion_tokens=attempt.tokens or None,
            first_token_at=self._generation.first_token_at or attempt.first_token_at,
            left_out=attempt.left_out or 0,
        )


def _keep_request(attempt: Attempt) -> None:
    """Store the request record of a stream that broke off or was stopped before a checkpoint."""
    if attempt.sent_saved:
        return
    try:
        held = Generation.objects.filter(pk=attempt.generation_id, attempt=attempt.number)
        held.update(sent=attempt.sent, left_out=attempt.left_out or 0)
    except POSTGRES_AWAY as error:  # the reply is complete without the record
        logger.warning("request not kept", generation=str(attempt.generation_id), error=type(error).__name__)
        close_old_connections()
    else:
        attempt.sent_saved = True


def _let_tokens_expire(attempt: Attempt) -> None:
    try:
        store.let_tokens_expire(attempt.generation_id)
    except RedisError as error:  # the tokens expire by themselves, later
        logger.warning("tokens kept longer", generation=str(attempt.generation_id), error=type(error).__name__)


def _another_may_do(error: InferenceError) -> bool:
    """Return whether another endpoint may succeed.

    An invalid request fails everywhere, unless the model is not served here or this window is too small.
    """
    return isinstance(error, (NotServed, ContextTooLong)) or not isinstance(error, InvalidRequest)


def _no_wider_than(endpoint: Endpoint) -> set[UUID]:
    """Return the variant's endpoints whose window and prompt limit are known to be no larger than this endpoint's."""
    window, prompt = endpoint.context_window or 0, endpoint.prompt_room or 0
    return {
        other.pk
        for other in Endpoint.objects.serving(endpoint.variant)
        if (other.context_window or math.inf) <= window and (other.prompt_room or math.inf) <= prompt
    }


def _record_speed(endpoint_id: UUID, last: Delta) -> None:
    timings = last.timings
    if timings is None:
        record_success(endpoint_id=endpoint_id)
        return
    tokens = last.usage.completion_tokens if last.usage else 0
    decoding = timings.total - (timings.first_token or 0.0)
    record_success(
        endpoint_id=endpoint_id,
        seconds_to_first_token=timings.first_token,
        tokens_per_second=tokens / decoding if tokens > 1 and decoding > 0 else None,
        duration=timings.total,
    )
