"""Stream one generation, on one endpoint after the other where the first does not do."""

import math
import time
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from apps.endpoints.errors import AllEndpointsBusy, EndpointError, NoEndpointAvailable
from apps.endpoints.health.outages import read_outages
from apps.endpoints.models import Endpoint
from apps.endpoints.services.record import record_failure, record_success
from apps.endpoints.services.reserve import reserve_endpoint
from apps.endpoints.slots import release_slot
from apps.generation.errors import LogUnavailable
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.finish import Outcome
from apps.generation.worker.chat_request import Destination
from apps.generation.worker.relay import open_run, pause, stream
from apps.generation.worker.run import Run, StopReason
from apps.generation.worker.runtime import Runtime
from apps.inference.errors import InferenceError, InvalidRequest, NotServed, Overloaded
from apps.inference.requests import Delta
from apps.stores.outages import POSTGRES_AWAY

logger = structlog.get_logger(__name__)

LONGEST_WAIT = 10.0  # seconds, for a server that is down to be tried again
SHORTEST_WAIT = 0.25


class Streaming:
    """One attempt at a generation: at most ``GENERATION_MAX_STREAMS`` streams, each going on where the last ended.

    Before the first token that is a retry or a failover like any other; after it, the partial text is continued and
    never written anew.
    """

    def __init__(self, generation: Generation, endpoint: Endpoint, holder: UUID, runtime: Runtime) -> None:
        self._generation = generation
        self._endpoint = endpoint
        self._holder = holder
        self._runtime = runtime
        self._failed: set[UUID] = set()
        self._wrote_something = False  # the latest stream
        self._may_come_back = False  # the server that broke it off, and whose pause is too long to wait here
        self._others_are_busy = False  # with other work, where this generation should have gone next

    def to_its_end(self) -> Outcome | StopReason:
        try:
            run = self._runtime.call(open_run(self._runtime, self._generation))
        except LogUnavailable:
            return StopReason.LOST
        run.holder = self._holder
        try:
            return self._try_endpoints(run)
        finally:
            self._runtime.let_go(run)

    def _try_endpoints(self, run: Run) -> Outcome | StopReason:
        wait = settings.GENERATION_PAUSE_SECONDS
        for streams_left in reversed(range(settings.GENERATION_MAX_STREAMS)):
            ended = self._stream(run)
            if ended is None:
                return run.stopped or StopReason.LOST
            if isinstance(ended, Delta):
                return self._success(run, ended)
            if not (_another_may_do(ended) and streams_left and self._move_on(run, ended)):
                return self._reason_to_wait(ended) or self._failure(run, ended)
            self._say_that_it_waits()
            self._runtime.call(pause(run, wait))
            wait *= 2
        return StopReason.LOST  # unreachable while at least one stream is allowed

    def _stream(self, run: Run) -> Delta | InferenceError | None:
        endpoint = self._endpoint
        run.endpoint_id, run.failures = endpoint.pk, endpoint.consecutive_failures
        self._generation.endpoint = endpoint  # whose place is freed at the end
        Generation.objects.filter(pk=run.generation_id, attempt=run.attempt).update(endpoint=endpoint)
        destination = Destination(
            endpoint=endpoint.name,
            server=endpoint.server,
            protocol=endpoint.protocol,
            parameters=endpoint.parameters_for(self._generation.parameters),
            window=endpoint.context_window,
            timeouts=endpoint.timeouts,
        )
        connection.close()  # a stream takes minutes, and there are more of them than connections
        length_before = run.length
        ended = self._runtime.call(stream(self._runtime, run, self._generation, destination))
        self._wrote_something = run.length > length_before
        if not isinstance(ended, Delta):
            _keep_request(run)
        if isinstance(ended, InferenceError):
            record_failure(endpoint_id=endpoint.pk, error=ended)
        elif ended is not None:
            _record_speed(endpoint.pk, ended)
        return ended

    def _move_on(self, run: Run, error: InferenceError) -> bool:
        """Reserve another endpoint; or the same again where the error allows it, once its pause is over."""
        self._failed.add(self._endpoint.pk)
        release_slot(self._endpoint.pk, self._holder)
        if self._reserve(self._failed) is None:
            return True
        if not error.may_retry:
            return False
        # Whoever tries it first may be another: of many replies that it broke off, one is let in to see.
        give_up = time.monotonic() + LONGEST_WAIT
        while (seconds := self._reserve(set())) is not None:
            if time.monotonic() + seconds > give_up:
                self._may_come_back = seconds < math.inf
                return False
            self._runtime.call(pause(run, max(seconds, SHORTEST_WAIT)))
            if run.stopped is not None:
                return True
        return True

    def _say_that_it_waits(self) -> None:
        """Readers see a reply that does not grow: until text comes, it is not being written."""
        try:
            store.announce(self._generation.pk, State.RUNNING, attempt=self._generation.attempt)
        except RedisError as error:
            logger.warning("state not announced", generation=str(self._generation.pk), error=type(error).__name__)

    def _reason_to_wait(self, error: InferenceError) -> StopReason | None:
        """Why the generation goes back to the queue, as one does that finds no place; ``None`` where it has failed."""
        if isinstance(error, Overloaded) or (self._others_are_busy and _another_may_do(error)):
            return StopReason.OVERLOADED
        if self._generation.lost_leases >= settings.GENERATION_MAX_ATTEMPTS:
            return None
        # A server that sends something and breaks off is there, and has been given all its chances.
        is_gone = _another_may_do(error) and not self._wrote_something
        job = (self._generation.variant, self._generation.task)
        if self._may_come_back or (is_gone and read_outages().hits(job, self._generation.wanted)):
            return StopReason.UNSERVED
        return None

    def _reserve(self, excluding: set[UUID]) -> float | None:
        """``None`` where it worked; else how many seconds to wait before it may, or infinity."""
        try:
            self._endpoint = reserve_endpoint(
                variant=self._generation.variant,
                holder=self._holder,
                excluding=excluding,
                needs=(self._generation.task,),
                only=self._generation.wanted_endpoint_id,
            )
            self._others_are_busy = False
        except AllEndpointsBusy:
            self._others_are_busy = True
            return math.inf
        except NoEndpointAvailable as refusal:
            return math.inf if refusal.retry_after is None else refusal.retry_after
        except EndpointError:
            return math.inf
        return None

    def _success(self, run: Run, last: Delta) -> Outcome:
        return Outcome(
            state=State.SUCCEEDED,
            text=run.text,
            finish_reason=last.finish_reason or "",
            prompt_tokens=last.usage.prompt_tokens if last.usage else None,
            completion_tokens=run.tokens,
            first_token_at=self._generation.first_token_at or run.first_token_at,
            left_out=run.left_out or 0,
            sent=run.sent,
        )

    def _failure(self, run: Run, error: InferenceError) -> Outcome:
        return Outcome(
            state=State.FAILED,
            text=run.text,
            error=error.sentence,
            completion_tokens=run.tokens or None,
            first_token_at=self._generation.first_token_at or run.first_token_at,
            left_out=run.left_out or 0,
        )


def _keep_request(run: Run) -> None:
    """Of a stream that broke off or was stopped before a checkpoint: what it had asked for, and without what."""
    if run.sent_saved:
        return
    try:
        held = Generation.objects.filter(pk=run.generation_id, attempt=run.attempt)
        held.update(sent=run.sent, left_out=run.left_out or 0)
    except POSTGRES_AWAY as error:  # nothing that the reply needs
        logger.warning("request not kept", generation=str(run.generation_id), error=type(error).__name__)
        close_old_connections()
    else:
        run.sent_saved = True


def _another_may_do(error: InferenceError) -> bool:
    """A request that is wrong is wrong everywhere; a model that is not served here may be elsewhere."""
    return isinstance(error, NotServed) or not isinstance(error, InvalidRequest)


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
