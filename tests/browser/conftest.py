"""Chromium, shared by all browser tests; each test gets a fresh profile."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.counted_replies import PATIENCE, add_counting_endpoint, let_go
from tests.browser.visit import Visit
from tests.support.chromium import without_windows
from tests.support.scripted_server import counting_server
from tests.support.services import Running

__all__ = ["counting_server"]

expect.set_options(timeout=PATIENCE)

HERE = Path(__file__).parent
# Playwright's list, which ours replaces, without what is for Edge, Windows and macOS.
LEFT_OUT_BY_PLAYWRIGHT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
# Each window's address bar would load two pages of suggestions: 0.6 of the 1.0 CPU-seconds that a blank page takes.
ADDRESS_BAR_PAGES = ("WebUIOmniboxAimPopup", "WebUIOmniboxPopup")
# Without these, Chromium itself asks for things.
QUIET = [
    "--disable-features=" + ",".join([*LEFT_OUT_BY_PLAYWRIGHT, *ADDRESS_BAR_PAGES]),
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all browser tests, since the browser lives in it."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium, once for all tests."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=without_windows(), args=[*QUIET, *sandbox])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, live_asgi_server: str, transactional_db: None) -> AsyncIterator[Visit]:
    """A visit to the running site, during which the browser may neither complain nor go elsewhere."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    visit = Visit(page=await context.new_page(), site=live_asgi_server)
    yield visit
    await context.close()
    assert visit.complaints == []
    assert visit.offsite == []


@pytest_asyncio.fixture(loop_scope="session")
async def counting(celery_worker_process: Running, counting_server: str, transactional_db: None) -> AsyncIterator[None]:
    """A model that counts, and a worker that asks it."""
    await add_counting_endpoint(counting_server)
    yield
    await let_go()
