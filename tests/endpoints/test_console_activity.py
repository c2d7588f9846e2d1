"""``/endpoints/<id>/activity/``: charts that are true to their figures, the failures and their causes."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.endpoints.console.chart import HEIGHT, LEFT, WIDTH, Series, draw_chart, round_up
from apps.endpoints.models import Endpoint, Observation
from apps.inference.errors import Overloaded
from tests.endpoints.conftest import Add


def observe(endpoint: Endpoint, ago: timedelta, **figures: Any) -> None:
    Observation.objects.create(endpoint=endpoint, at=timezone.now() - ago, **{"kind": "traffic", "ok": True, **figures})


def rows(page: str) -> list[list[str]]:
    """Return the table behind the charts, without its first column."""
    table = page.partition('aria-label="All figures"')[2].partition("</table>")[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in table.split("<tr>")[2:]
    ]


def test_each_range_shows_what_lies_within(add: Add, staff_client: Client) -> None:
    endpoint, other = add(), add("other")
    observe(other, timedelta(minutes=1), seconds_to_first_token=9)
    observe(endpoint, timedelta(minutes=2), seconds_to_first_token=0.2, tokens_per_second=30)
    observe(endpoint, timedelta(minutes=2), seconds_to_first_token=0.4, tokens_per_second=50)
    observe(endpoint, timedelta(minutes=2), kind="probe", seconds_to_first_token=0.1)
    observe(endpoint, timedelta(hours=5), ok=False, error_kind="Overloaded")
    observe(endpoint, timedelta(days=3), seconds_to_first_token=2)
    observe(endpoint, timedelta(days=8), seconds_to_first_token=2)
    address = f"/endpoints/{endpoint.pk}/activity/"
    hour = staff_client.get(address).text
    counted = [row for row in rows(hour) if row[0] != "0"]
    assert counted == [["2", "1", "0", "0.30 s", "0.10 s", "40.0"]]
    assert "Replies: latest 300, lowest 300, highest 300 ms." in hour
    assert "Probes: latest 100, lowest 100, highest 100 ms." in hour
    assert "None in this time." in hour
    day = staff_client.get(address, {"range": "24h"}).text
    assert [row[2] for row in rows(day)] == ["0", "1"]
    assert Overloaded.sentence in day
    week = staff_client.get(address, {"range": "7d"}).text
    assert len(rows(week)) == 3
    assert staff_client.get(address, {"range": "for ever"}).status_code == 200


def test_nothing_measured_is_said(add: Add, staff_client: Client) -> None:
    page = staff_client.get(f"/endpoints/{add().pk}/activity/").text
    assert page.count("Nothing measured in this time.") == 3
    assert "<table" not in page


def test_queries_do_not_grow_with_what_was_observed(
    add: Add, staff_client: Client, django_assert_num_queries: object
) -> None:
    endpoint = add()
    for minutes in range(40):
        observe(endpoint, timedelta(minutes=minutes), ok=False, error_kind="Stalled")
    # Session, user, endpoint, steps, failures.
    with django_assert_num_queries(5):  # type: ignore[operator]
        staff_client.get(f"/endpoints/{endpoint.pk}/activity/")


@pytest.mark.parametrize("path", ["activity/", "delete/"])
def test_who_is_not_staff_gets_404(add: Add, client: Client, charlie: User, path: str) -> None:
    endpoint = add()
    client.force_login(charlie)
    assert client.get(f"/endpoints/{endpoint.pk}/{path}").status_code == 404


def test_deleting_asks_first(add: Add, staff_client: Client) -> None:
    endpoint = add()
    address = f"/endpoints/{endpoint.pk}/delete/"
    assert f"Delete {endpoint.name}?" in staff_client.get(address).text
    assert Endpoint.objects.filter(pk=endpoint.pk).exists()
    answer = staff_client.post(address, follow=True)
    assert f"{endpoint.name} was deleted." in answer.text
    assert not Endpoint.objects.filter(pk=endpoint.pk).exists()


def test_stored_endpoint_is_tested_from_its_card(add: Add, staff_client: Client) -> None:
    endpoint = add()
    page = staff_client.get("/endpoints/").text
    assert f'formaction="/endpoints/{endpoint.pk}/test/"' in page
    answer = staff_client.post(f"/endpoints/{endpoint.pk}/test/", {"state": ""}, follow=True)
    assert answer.redirect_chain[0][0].startswith("/endpoints/tests/")
    assert "Reach the server" in answer.text


@given(st.floats(1e-6, 1e9))
def test_axis_ends_at_a_round_figure_above_all(figure: float) -> None:
    assert figure <= round_up(figure) <= 2.6 * figure


@example([{0: 5e-324}])
@example([{0: 0.0, 1: 1e-9}])
@given(
    st.lists(
        st.dictionaries(st.integers(0, 59), st.floats(0, 1e6, allow_nan=False), min_size=1), min_size=1, max_size=2
    )
)
def test_every_point_lies_between_the_axes(figures: list[dict[int, float]]) -> None:
    chart = draw_chart(
        title="First token",
        unit="ms",
        begins="60 minutes ago",
        steps=60,
        series=[Series(f"{number}", one) for number, one in enumerate(figures)],
    )
    for line, given_figures in zip(chart.lines, figures, strict=True):
        corners = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", line.path)
        points = [*((float(across), float(down)) for across, down in corners), *line.alone]
        assert len(points) == len(given_figures)
        assert all(LEFT <= across <= WIDTH and 0 <= down <= HEIGHT for across, down in points)
