"""Follow a run from its page: from any offset, each character once, to the end."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest
from django.conf import settings
from django.test import Client

from apps.endpoints.models import Endpoint
from apps.generation.models import Generation
from apps.playground.models import Run
from apps.playground.services import stop_run
from tests.browser.counted_replies import held_count
from tests.playground.asking import ask_to_complete, ended, numbers
from tests.support.scripted_server import release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(browser: Client, live_asgi_server: str) -> Iterator[httpx.Client]:
    """Alice's browser, over the network."""
    cookies = {settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value}
    browser.get("/playground/")  # the first page of a process is slow
    with httpx.Client(base_url=live_asgi_server, cookies=cookies, timeout=60, verify=False) as client:
        client.get("/playground/")
        yield client


def events_of(
    page: httpx.Client, run: Run, offset: int = 0, *, once_connected: Callable[[], None] = lambda: None
) -> Iterator[tuple[str, Any]]:
    generation = run.outputs.get().generation_id
    with page.stream("GET", f"/playground/{run.pk}/events/?{generation}={offset}") as response:
        assert response.headers["content-type"] == "text/event-stream"
        once_connected()
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


def test_a_page_gets_each_character_once(page: httpx.Client, browser: Client, base: Endpoint) -> None:
    question = held_count(60)
    run = ask_to_complete(browser, base, f"{question}\n")
    events = list(events_of(page, run, once_connected=lambda: release(base.url, [question])))
    texts = [content for name, content in events if name == "text"]
    assert "".join(content["text"] for content in texts) == numbers(60)
    reached = 0
    for content in texts:
        assert content["at"] == reached
        reached += len(content["text"])
    assert [name for name, _ in events][-2:] == ["end", "over"]
    html = events[-2][1]["html"]
    assert 'data-state="succeeded"' in html
    assert numbers(60) in html


def test_a_page_that_comes_back_gets_the_rest(page: httpx.Client, browser: Client, base: Endpoint) -> None:
    question = held_count(80)
    run = ask_to_complete(browser, base, f"{question}\n")
    first = ""
    for name, content in events_of(page, run):
        if name == "text":
            first += content["text"]
        if len(first) > 20:
            break
    rest = events_of(page, run, len(first), once_connected=lambda: release(base.url, [question]))
    assert first + "".join(content["text"] for name, content in rest if name == "text") == numbers(80)


def test_a_page_of_somebody_who_signed_out_gets_no_more(page: httpx.Client, browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 4000 at 10 per second and hold at 3000\n", max_tokens="4000")
    names = []
    for name, _ in events_of(page, run):
        if name == "text" and "text" not in names:
            browser.logout()
        names.append(name)
    stop_run(run=run)
    assert "text" in names
    assert "over" not in names


def test_a_second_page_sees_the_same(page: httpx.Client, browser: Client, base: Endpoint) -> None:
    question = held_count(40)
    run = ask_to_complete(browser, base, f"{question}\n")
    following = events_of(page, run, once_connected=lambda: release(base.url, [question]))
    other = events_of(page, run)
    texts = ["", ""]
    for column, events in enumerate((following, other)):
        texts[column] = "".join(content["text"] for name, content in events if name == "text")
    assert texts[0] == numbers(40)
    assert texts[1] in {numbers(40), ""}  # the second begins when the run is over: its end has the text
    assert numbers(40) in next(content for name, content in events_of(page, run) if name == "end")["html"]


def test_what_is_over_ends_at_once(page: httpx.Client, browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 3\n")
    ended(run)
    assert [name for name, _ in events_of(page, run)] == ["end", "over"]


def test_a_stream_that_breaks_is_continued(page: httpx.Client, browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 30, reset after 10\n")
    text = "".join(content["text"] for name, content in events_of(page, run) if name == "text")
    assert text == numbers(30)
    assert len(Generation.objects.get().sent) > 1
