"""Use is counted once by day, person, key and endpoint, and shown to the person and to staff."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils.formats import date_format

from apps.accounts.models import User
from apps.chat.services.fork import fork_conversation
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.resume import resume_generation
from apps.usage.chart import HEIGHT, draw_days
from apps.usage.downloads import as_csv
from apps.usage.models import Limit, UsageDay
from apps.usage.selectors import Used
from tests.chat.exchanges import answered_conversation
from tests.usage.acting import acting, ask, finish, key_of

pytestmark = pytest.mark.django_db

FIGURES = ("generations", "failed", "cancelled", "prompt_tokens", "completion_tokens")


def counted(**only: Any) -> list[tuple[int, ...]]:
    return list(UsageDay.objects.filter(**only).order_by("api_key").values_list(*FIGURES))


class TestCounting:
    def test_replies_of_a_day_add_up(self, alice: User, bob: User) -> None:
        finish(ask(alice), prompt=10, completion=5)
        finish(ask(alice), prompt=20, completion=7, state=State.FAILED)
        finish(ask(bob), prompt=1, completion=1)
        assert counted(owner=alice) == [(2, 1, 0, 30, 12)]
        assert counted(owner=bob) == [(1, 0, 0, 1, 1)]
        assert UsageDay.objects.filter(day=datetime.now(UTC).date()).count() == 2

    def test_keys_and_pages_are_counted_apart(self, alice: User) -> None:
        key = key_of(alice)
        with acting(key):
            finish(ask(alice), prompt=10, completion=5)
        finish(ask(alice), prompt=3, completion=2)
        assert counted(api_key=key) == [(1, 0, 0, 10, 5)]
        assert counted(api_key=None) == [(1, 0, 0, 3, 2)]

    def test_endpoint_keeps_its_name(self, alice: User) -> None:
        endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
        generation = ask(alice)
        Generation.objects.update(endpoint=endpoint)
        finish(generation, prompt=10, completion=5)
        endpoint.delete()
        assert counted(endpoint_name="gpu-1") == [(1, 0, 0, 10, 5)]

    def test_stopped_one_counts_with_what_is_stored_later(self, alice: User) -> None:
        generation = ask(alice)
        assert cancel_generation(generation_id=generation.pk)
        assert not cancel_generation(generation_id=generation.pk)
        assert counted() == [(1, 0, 1, 0, 0)]
        Generation.objects.update(completion_tokens=7)
        Generation.objects.update(text="7 tokens", error="")
        assert counted() == [(1, 0, 1, 0, 7)]

    def test_continued_one_counts_what_is_new(self, alice: User) -> None:
        with transaction.atomic():
            generation = ask(alice)
            finish(generation, prompt=10, completion=5)
            Generation.objects.update(finish_reason="length")
            generation = resume_generation(generation_id=generation.pk, more_tokens=10)
            finish(generation, prompt=10, completion=9)
        assert counted() == [(2, 0, 0, 20, 9)]

    def test_copies_do_not_count(self, alice: User) -> None:
        conversation = answered_conversation(alice, "What is a list?", "A list.")
        before = counted()
        assert [row[0] for row in before] == [1]
        fork_conversation(message=conversation.thread.get(role="assistant"))
        assert Generation.objects.count() == 2
        assert counted() == before


@pytest.fixture
def used(alice: User, bob: User) -> None:
    """Alice and Bob have used something today, Alice also a month ago."""
    with acting(key_of(alice)):
        finish(ask(alice), prompt=1000, completion=500)
    finish(ask(bob), prompt=30, completion=12)
    long_ago = datetime.now(UTC).date() - timedelta(days=60)
    UsageDay.objects.create(day=long_ago, owner=alice, generations=4, prompt_tokens=77_777, endpoint_name="=gone")


def rows_of(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    return [[cell.strip() for cell in re.split(r"\s*<[^>]+>\s*", row) if cell.strip()] for row in rows]


class TestPages:
    @pytest.mark.usefixtures("used")
    def test_people_see_their_own(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        page = client.get("/usage/").text
        today = date_format(datetime.now(UTC))
        assert [today, "1", "0", "0", "1,000", "500"] in rows_of(page)
        assert "77,777" not in page
        assert "30" not in {cell for row in rows_of(page) for cell in row}
        assert "77,777" in client.get("/usage/", {"days": "90"}).text
        assert client.get("/usage/", {"days": "nonsense"}).status_code == 200

    @pytest.mark.usefixtures("used")
    def test_what_remains_of_limits(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assert client.get("/usage/").text.count("no limit") == 2
        Limit.objects.create(user=alice, requests_per_minute=60, tokens_per_day=10_000, generations_at_once=3)
        page = " ".join(client.get("/usage/").text.split())
        for words in ("60 of 60 left", "8,500 of 10,000 left", "3 at most"):
            assert words in page

    @pytest.mark.usefixtures("used")
    def test_staff_see_everybodys(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("staff"))
        rows = rows_of(client.get("/usage/everybody/").text)
        assert ["alice", "1", "0", "0", "1,000", "500"] in rows
        assert ["bob", "1", "0", "0", "30", "12"] in rows
        assert ["chats and playground", "1", "0", "0", "30", "12"] in rows

    @pytest.mark.usefixtures("used")
    def test_chart_has_no_inline_style(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        chart = re.search(r"<svg class=\"usage-chart__bars\".*?</svg>", client.get("/usage/").text, re.DOTALL)
        assert chart
        assert chart[0].count("<rect") == 60
        assert "style=" not in chart[0]
        assert "1,500 in all" in chart[0]

    def test_nothing_used_is_said(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assert "Nothing used yet" in client.get("/usage/").text

    @pytest.mark.usefixtures("used")
    def test_downloads_have_every_row(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("staff"))
        answer = client.get("/usage/everybody.csv", {"days": "90"})
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(row["person"], row["prompt_tokens"]) for row in rows] == [
            ("alice", "1000"),
            ("bob", "30"),
            ("alice", "77777"),
        ]
        assert rows[0]["key"].startswith("clw_")
        assert rows[2]["endpoint"] == "'=gone"  # a spreadsheet would run it
        data = client.get("/usage/everybody.json", {"days": "90"}).json()
        assert [row["endpoint"] for row in data["data"]] == ["", "", "=gone"]


def bars(*figures: tuple[int, int]) -> list[Used]:
    return [Used(f"2026-11-{day:02}", 1, 0, 0, *each) for day, each in enumerate(figures, start=1)]


def test_highest_day_fills_the_chart() -> None:
    chart = draw_days(bars((10, 30), (0, 0), (5, 5)))
    first, second, third = chart.bars
    assert (first.read_height, first.written_height, first.written_top) == (HEIGHT / 4, HEIGHT * 3 / 4, 0)
    assert (second.read_height, second.written_height) == (0, 0)
    assert third.read_height + third.written_height == HEIGHT / 4
    assert first.left < second.left < third.left


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_csv_holds_no_formulas(text: str) -> None:
    row: dict[str, Any] = dict.fromkeys(("day", "key", "key_name", "endpoint", *FIGURES), "")
    assert f"'{text}" in as_csv([{**row, "person": text}])
