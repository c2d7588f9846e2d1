"""``/healthz``: the process is up. ``/readyz``: it can serve pages. ``/readyz/worker``: replies are written, too.

``/readyz`` ignores workers: without any worker, people can still read the guide and their conversations.

django-health-check was tried: it answers 500 under names of its own, and its Celery check proves that the consumer is
alive, not the asyncio loop that does the work. Here that loop itself reports, in the sorted set ``WORKERS_KEY``.
"""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import redis.asyncio
import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import OutOfMemoryError

from apps.generation.worker_identity import HEARTBEAT_MAX_AGE, alive_workers

CHECK_TIMEOUT = 2.0  # seconds
WRITE_KEY = "workbench:health"

log = structlog.get_logger(__name__)


class NotReadyError(Exception):
    """A check failed; its text is public and holds no secret."""


@login_not_required
async def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 whenever the process can answer."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})


@login_not_required
async def readyz(_request: HttpRequest, role: str = "web") -> JsonResponse:
    """Answer 200 if the role can do its work now, else 503; name the reason of each failed check either way."""
    checks = await asyncio.shield(_shared_round())
    ready = all(checks[name] == "ok" for name in NEEDS[role])
    body = {"ready": ready, "checks": checks}
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def _shared_round() -> asyncio.Task[dict[str, str]]:
    """Return the running round of checks, or start one: each service is asked once for all callers."""
    loop = asyncio.get_running_loop()
    running = _rounds.get(loop)
    if running is None:
        running = _rounds[loop] = loop.create_task(_run_checks())
        running.add_done_callback(lambda _: _rounds.pop(loop, None))
    return running


async def _run_checks() -> dict[str, str]:
    results = await asyncio.gather(*(_result_of(name, check) for name, check in CHECKS.items()))
    return dict(zip(CHECKS, results, strict=True))


async def _result_of(name: str, check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            await check()
    except NotReadyError as failure:
        return str(failure)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT:g} seconds"
    except Exception as error:  # noqa: BLE001 (whatever it is, the answer is 503; its text may hold addresses)
        await log.awarning("check_failed", check=name, error=str(error))
        return "cannot be reached"
    return "ok"


async def _check_database() -> None:
    # Not Django's pool: its threads cannot be cancelled while the database hangs.
    async with await psycopg.AsyncConnection.connect(settings.DATABASE_URL) as connection:
        await connection.execute("SELECT 1")


async def _check_redis() -> None:
    async with redis.asyncio.from_url(settings.REDIS_URL) as client:
        try:
            await client.set(WRITE_KEY, 1, ex=60)  # write, because a full Redis still answers reads
        except OutOfMemoryError:
            raise NotReadyError("is full: it refuses to write until its memory limit is raised") from None


async def _check_worker() -> None:
    async with redis.asyncio.from_url(settings.REDIS_URL) as client:
        alive = await alive_workers(client)
    if not alive:
        raise NotReadyError(f"no worker has reported in the last {HEARTBEAT_MAX_AGE:g} seconds")


CHECKS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": _check_database,
    "redis": _check_redis,
    "worker": _check_worker,
}
# The checks of each role. The web role works without workers: pages show that replies wait.
NEEDS = {"web": ("database", "redis"), "worker": ("database", "redis", "worker")}
_rounds: dict[asyncio.AbstractEventLoop, asyncio.Task[dict[str, str]]] = {}
