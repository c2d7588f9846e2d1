"""The pages of usage in Chromium: they are accessible and fit a small phone."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from apps.accounts.models import User
from apps.usage.models import UsageDay
from tests.browser.visit import Visit


@sync_to_async
def use_something(username: str) -> None:
    owner = User.objects.get(username=username)
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    today = datetime.now(UTC).date()
    UsageDay.objects.bulk_create(
        UsageDay(
            day=today - timedelta(days=day),
            owner=owner,
            endpoint_name=f"a-long-name-of-an-endpoint-{day % 3}",
            generations=day,
            failed=day % 4,
            cancelled=day % 3,
            prompt_tokens=day * 91_000,
            completion_tokens=day * 37_000,
        )
        for day in range(1, 25)
    )


@pytest.mark.parametrize("path", ["/usage/", "/usage/everybody/"])
async def test_it_is_accessible_and_fits_a_small_phone(visit: Visit, path: str) -> None:
    page = visit.page
    await visit.sign_in("alice", path="/accounts/keys/")
    await use_something("alice")
    await page.goto(page.url.replace("/accounts/keys/", path))
    assert await page.get_by_role("img", name="Tokens by day").count() == 1
    assert await visit.faults_in_both_themes() == []
    for width in (360, 768, 1440):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await visit.overflow() <= 0
