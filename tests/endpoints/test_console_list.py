"""``/endpoints/``: a card for each endpoint, for staff."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.accounts.models import User
from apps.endpoints import slots
from apps.endpoints.console.recipes import RECIPES
from apps.endpoints.models import Endpoint, Health, Observation, ObservationKind
from apps.endpoints.services import set_endpoint_state
from apps.endpoints.slots import Bid, take_slot
from apps.generation.models import Generation
from tests.endpoints.conftest import Add


def observe(endpoint: Endpoint, *, minutes_ago: int, **figures: Any) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    Observation.objects.create(endpoint=endpoint, at=at, **{"kind": "traffic", "ok": True, **figures})


def words(page: str, endpoint: Endpoint) -> set[str]:
    """Return the figures of one card, as text."""
    card = page.partition(f'id="endpoint-{endpoint.pk}"')[2].partition("</li>")[0]
    figures = re.findall(r"<dd>(.*?)</dd>", card, re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", "", figure).split()) for figure in figures}


def test_staff_sees_every_endpoint(add: Add, staff_client: Client) -> None:
    add("gpu-2", variant="python", size="34B", model_id="a/b", max_concurrency=12)
    add("gpu-1", priority=5)
    page = staff_client.get("/endpoints/").text
    assert page.index("gpu-1") < page.index("gpu-2"), "in the order in which they are asked"
    for fact in [
        "Python",
        "34B",
        "a/b",
        "0 of 12",
        "Has not been asked yet",
        "Text Generation Inference",
        "gpu-1:8080",
    ]:
        assert fact in page


def test_empty_page_says_how_to_add_the_first(staff_client: Client) -> None:
    page = staff_client.get("/endpoints/").text
    assert "./workbench add_endpoint gpu-1 http://gpu-1:8080 --protocol tgi --variant instruct" in page
    for recipe in RECIPES:
        assert escape(recipe.command) in page
    assert 'href="/endpoints/add/"' in page


def test_text_of_an_endpoint_is_escaped(add: Add, staff_client: Client) -> None:
    add("<script>alert(1)</script>")
    page = staff_client.get("/endpoints/").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_who_is_not_staff_gets_404(add: Add, client: Client, charlie: User) -> None:
    add()
    client.force_login(charlie)
    response = client.get("/endpoints/")
    assert response.status_code == 404
    assert "gpu-1" not in response.text


def test_signed_out_person_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/endpoints/")["Location"] == "/accounts/sign-in/?next=/endpoints/"


def test_page_takes_no_posts(staff_client: Client) -> None:
    assert staff_client.post("/endpoints/").status_code == 405


def test_queries_do_not_grow_with_the_endpoints(
    add: Add, staff_client: Client, django_assert_num_queries: object
) -> None:
    for number in range(12):
        observe(add(f"gpu-{number}"), minutes_ago=number, seconds_to_first_token=0.1)
    # Session, user, endpoints, observations, waiting generations.
    with django_assert_num_queries(5):  # type: ignore[operator]
        assert "gpu-11" in staff_client.get("/endpoints/").text


def test_htmx_gets_the_cards_alone(add: Add, staff_client: Client) -> None:
    add()
    page = staff_client.get("/endpoints/")
    cards = staff_client.get("/endpoints/", headers={"HX-Request": "true"})
    assert "<html" in page.text
    assert cards.text.strip().startswith("<p")
    assert cards.text.strip() in page.text
    assert "HX-Request" in cards["Vary"]


def test_cards_that_have_not_changed_are_not_sent_again(add: Add, staff_client: Client) -> None:
    endpoint = add()
    asked = {"HX-Request": "true"}
    first = staff_client.get("/endpoints/", headers=asked)
    again = staff_client.get("/endpoints/", headers={**asked, "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    observe(endpoint, minutes_ago=0, seconds_to_first_token=0.25)
    changed = staff_client.get("/endpoints/", headers={**asked, "If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "now 250 ms" in changed.text


def test_an_hour_of_evidence_is_summed_up(add: Add, staff_client: Client) -> None:
    endpoint = add()
    observe(endpoint, minutes_ago=90, ok=False)
    observe(endpoint, minutes_ago=20, ok=False)
    observe(endpoint, minutes_ago=10, seconds_to_first_token=0.1, tokens_per_second=40)
    observe(endpoint, minutes_ago=10, seconds_to_first_token=0.3, tokens_per_second=60)
    observe(endpoint, minutes_ago=1, seconds_to_first_token=0.15, tokens_per_second=55)
    observe(endpoint, minutes_ago=10, kind=ObservationKind.PROBE, seconds_to_first_token=0.025)
    page = staff_client.get("/endpoints/").text
    assert "First token, replies over the last hour: now 150 ms, lowest 150, highest 200 ms." in page
    assert "First token, probes over the last hour: now 25 ms, lowest 25, highest 25 ms." in page
    assert "Speed over the last hour: now 55 tokens/s, lowest 50, highest 55 tokens/s." in page
    assert "1 of 5 (20.0 %)" in page


def test_running_and_waiting_are_counted(add: Add, alice: User, staff_client: Client) -> None:
    busy, idle = add("busy", max_concurrency=3), add("idle", variant="python")
    for _ in range(2):
        take_slot([Bid(busy.pk, rank=0, limit=3)], uuid4())
        Generation.objects.create(owner=alice, variant="instruct", messages=[])
    page = staff_client.get("/endpoints/").text
    assert words(page, busy) >= {"2 of 3", "2 for Instruct"}
    assert words(page, idle) >= {"0 of 4", "0 for Python"}


def test_health_is_said_in_words(add: Add, staff_client: Client) -> None:
    endpoint = add("gpu-1", model_id="codellama/CodeLlama-7b-Instruct-hf")
    since = timezone.now().replace(hour=0, minute=2)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        health=Health.DOWN,
        health_since=since,
        health_reason="stopped answering",
        retry_at=timezone.now() + timedelta(seconds=90),
    )
    page = staff_client.get("/endpoints/").text
    assert ">Stopped answering at 00:02, retrying in " in page, "its name stands above"
    assert 'data-tone="danger">Down<' in page


def test_draining_is_said_beside_the_health_and_disabled_ones_are_folded(add: Add, staff_client: Client) -> None:
    for state in ["draining", "disabled"]:
        add(state)
        set_endpoint_state(name=state, state=state)
    page = staff_client.get("/endpoints/").text
    assert ">Draining<" in page
    assert "1 disabled" in page
    assert "Gets no work and is not checked." not in page
    page = staff_client.get("/endpoints/?disabled").text
    assert ">Disabled<" in page
    assert "Gets no work and is not checked." in page
    assert page.count(">Not checked yet<") == 1, "nobody asks a disabled server"
    assert 'hx-get="/endpoints/?disabled"' in page, "they stay when the cards are renewed"


def test_problems_come_first_and_are_counted(add: Add, alice: User, staff_client: Client) -> None:
    names = {"fine": Health.HEALTHY, "slow": Health.DEGRADED, "gone": Health.DOWN, "new": Health.UNKNOWN}
    for priority, (name, health) in enumerate(names.items()):
        endpoint = add(name, priority=9 - priority)
        Endpoint.objects.filter(pk=endpoint.pk).update(health=health, retry_at=timezone.now())
    Generation.objects.create(owner=alice, variant="instruct", messages=[])
    page = staff_client.get("/endpoints/").text
    assert re.findall(r'card__title">(\w+)<', page) == ["gone", "slow", "fine", "new"]
    summary = " ".join(re.sub(r"<[^>]+>", "", page.partition("endpoints__summary")[2].partition("</p>")[0]).split())
    assert summary.endswith("1 of 4 healthy · 0 running · 1 waiting"), "the four share a queue"


def test_page_stays_up_without_redis(add: Add, staff_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    assert "0 of 4" in staff_client.get("/endpoints/").text
    nobody_there = redis.Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(slots, "sync_client", lambda: nobody_there)
    assert "? of 4" in staff_client.get("/endpoints/").text


@pytest.mark.parametrize("path", ["", "add/"])
def test_admin_is_closed_to_who_is_not_staff(client: Client, charlie: User, path: str) -> None:
    client.force_login(charlie)
    assert client.get(f"/admin/endpoints/endpoint/{path}").status_code == 302


def test_admin_stores_the_address_in_one_spelling(staff_client: Client, add: Add) -> None:
    form = {"name": "a", "url": "http://GPU-1:80/v1/", "protocol": "tgi", "variant": "base", "size": ""}
    form |= {"max_concurrency": "4", "priority": "0", "state": "enabled"}
    response = staff_client.post("/admin/endpoints/endpoint/add/", form)
    assert response.status_code == 302, response.text
    assert "http://gpu-1:80<" in staff_client.get("/endpoints/").text
