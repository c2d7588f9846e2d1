"""One person's visit in a browser of his own, with a record of what the browser asked for and complained about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from channels.db import database_sync_to_async
from django.conf import settings
from playwright.async_api import ConsoleMessage, Error, Page, Request

from apps.accounts.services import create_user, sign_in_url
from tests.support.sessions import session_of

COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Without a selector for each element that axe-core looked at.
FASTEST = {"resultTypes": ["violations"], "selectors": False}
RUN_AXE = "options => axe.run(options).then(({violations}) => violations)"
ALLOWED_SCHEMES = {"data", "blob", "about"}


@dataclass
class Visit:
    """A page, the site it visits, and the record. ``complaints`` and ``offsite`` must be empty when a test ends."""

    page: Page
    site: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = self.page.context
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self._note_error(error.error))

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._note(f"{message.type}: {message.text} ({message.location['url']})")

    def _note_error(self, error: Error) -> None:
        self._note(f"exception: {error.message}")

    def _note(self, complaint: str) -> None:
        if not any(words in complaint for words in self.forgiven):
            self.complaints.append(complaint)

    def forgive(self, words: str) -> None:
        """Leave out complaints with these words: those so far, and those that come late."""
        self.forgiven.append(words)
        self.complaints[:] = [complaint for complaint in self.complaints if words not in complaint]

    @property
    def offsite(self) -> list[str]:
        """Addresses asked for that are not of this site."""
        host = urlsplit(self.site).netloc
        parts = ((url, urlsplit(url)) for url in self.requests)
        return [url for url, part in parts if part.netloc != host and part.scheme not in ALLOWED_SCHEMES]

    async def open(self, path: str) -> int:
        """Go to ``path`` and wait until it is loaded; the answer's status."""
        response = await self.page.goto(self.site + path)
        assert response is not None
        return response.status

    async def sign_in(self, username: str, *, staff: bool = False, path: str = "/chat/") -> None:
        """Give the browser a session of ``username``, and go to ``path``. Needs a committing database.

        This is not a fresh sign-in: pages that ask for one need ``sign_in_by_link``.
        """
        session = await database_sync_to_async(_session_of)(username, staff=staff)
        await self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.site}]
        )
        await self.open(path)

    async def sign_in_by_link(self, username: str, *, staff: bool = False, path: str = "/chat/") -> None:
        """Sign ``username`` in by a one-time link, which leads on to ``path``. Needs a committing database."""
        await database_sync_to_async(create_user)(username=username, staff=staff)
        link = urlsplit(await database_sync_to_async(sign_in_url)(username=username))
        await self.open(f"{link.path}?{link.query}&{urlencode({'next': path})}")
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(lambda url: "/accounts/sign-in/" not in url)

    async def accessibility_faults(self) -> Sequence[str]:
        """Return axe-core's complaints about the page: rule, element and reason, one line each."""
        return await self._faults()

    async def colour_faults(self) -> Sequence[str]:
        """Return axe-core's complaints about colours in the dark theme: only colours differ from the light theme."""
        await self.page.emulate_media(color_scheme="dark")
        return await self._faults(runOnly=COLOUR_RULES)

    async def faults_in_both_themes(self) -> Sequence[str]:
        """Return the complaints about the page in the light theme and about its colours in the dark one."""
        light = await self.accessibility_faults()
        dark = await self.colour_faults()
        await self.page.emulate_media(color_scheme="light")
        return [*light, *(f"dark: {fault}" for fault in dark)]

    async def _faults(self, **options: object) -> Sequence[str]:
        options = {**FASTEST, **options}
        try:
            violations = await self._run_axe(options)
        except Error:  # the document was replaced meanwhile: look at the new one
            await self.page.wait_for_load_state()
            violations = await self._run_axe(options)
        return [
            f"{violation['id']} {node['html']} {node['failureSummary']}"
            for violation in violations
            for node in violation["nodes"]
        ]

    async def _run_axe(self, options: dict[str, object]) -> list[Any]:
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE_SCRIPT)
        violations: list[Any] = await self.page.evaluate(RUN_AXE, options)
        return violations

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def _session_of(username: str, *, staff: bool) -> str:
    """Return the key of a new session of that person, who may be new."""
    person, _ = create_user(username=username, staff=staff)
    return session_of(person)
