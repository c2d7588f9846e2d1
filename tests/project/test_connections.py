"""Any number of requests at once is served by the connections that there are."""

import asyncio

import aiohttp
import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.stores.threads import in_thread

MORE_THAN_THE_POOL = 3 * settings.DATABASE_POOL_SIZE


@pytest.mark.django_db(transaction=True)
async def test_many_async_views_at_once_do_not_wait_for_each_other(alice: User, live_asgi_server: str) -> None:
    """Each reads who is signed in, in one thread, and works with the database in others."""
    browser = Client()
    await in_thread(browser.force_login)(alice)
    secret = await in_thread(create_api_key)(username=alice.username)
    headers = {
        "Authorization": f"Bearer {secret}",
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}",
    }
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as http:

        async def status() -> int:
            async with http.get(f"{live_asgi_server}/v1/models") as answer:
                return answer.status

        statuses = await asyncio.gather(*(status() for _ in range(MORE_THAN_THE_POOL)))
    assert statuses == [200] * MORE_THAN_THE_POOL
