"""Alice's client of OpenAI's library, which waits for a worker."""

from collections.abc import AsyncIterator

import openai
import pytest_asyncio

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.stores.threads import in_thread
from tests.support.services import Running


@pytest_asyncio.fixture(loop_scope="function")
async def client(
    live_asgi_server: str, alice: User, celery_worker_process: Running
) -> AsyncIterator[openai.AsyncOpenAI]:
    key = await in_thread(create_api_key)(username="alice")
    async with openai.AsyncOpenAI(base_url=f"{live_asgi_server}/v1", api_key=key, timeout=60, max_retries=0) as client:
        yield client
