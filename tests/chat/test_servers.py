"""Notices above the composer when model servers are missing or down."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.chat.conversation_settings.picker import server_choices
from apps.chat.conversation_settings.servers import chat_servers, servers_and_queue
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.endpoints.models import Endpoint, Health, State
from apps.generation.models import Generation
from tests.conftest import SignedIn

NOBODY = 0  # is in no group
HOME = "/chat/"
NONE = "No model server answers chats yet"
SINCE = datetime(2026, 3, 4, 14, 2, tzinfo=UTC)


def server(name: str, **fields: object) -> Endpoint:
    known: dict[str, object] = {"url": "http://127.0.0.1:9", "protocol": "openai", "variant": "instruct"}
    return Endpoint.objects.create(name=name, **{**known, **fields})


def server_down(name: str) -> Endpoint:
    return server(name, health=Health.DOWN, health_since=SINCE, health_reason="refused the connection", retry_at=SINCE)


@pytest.fixture
def page(alice: User, signed_in: SignedIn) -> Callable[[], str]:
    return lambda: signed_in(alice).get(HOME).text


def test_line_is_known_before_a_question_is_asked(page: Callable[[], str], alice: User, bob: User) -> None:
    server("gpu-1", health=Health.HEALTHY)
    assert 'aria-label="Model: Best available Instruct gpu-1 healthy"' in page()
    mine, *_ = [start_conversation(owner=owner, text="one").conversation for owner in (alice, bob, bob)]
    assert 'aria-label="Model: Best available Instruct gpu-1 healthy, 3 waiting"' in page()
    assert servers_and_queue(NOBODY, mine).answering(mine).word == "healthy, 2 waiting"


def test_person_reads_whom_to_ask_where_there_is_no_server(page: Callable[[], str], staff: User) -> None:
    assert NONE in page()
    assert f"Ask {staff.username} to add a model server" in page()
    assert "/endpoints/add/" not in page()


def test_person_reads_of_nobody_where_there_is_no_admin(page: Callable[[], str]) -> None:
    assert "Ask whoever runs this workbench to add a model server" in page()


def test_admin_is_led_to_adding_one(staff: User, signed_in: SignedIn) -> None:
    assert 'href="/endpoints/add/">Add a model server</a>' in signed_in(staff).get(HOME).text


@pytest.mark.parametrize("fields", [{"variant": "base"}, {"state": State.DISABLED}])
def test_server_that_takes_no_chats_counts_for_none(page: Callable[[], str], fields: dict[str, object]) -> None:
    gpu = server("gpu-1", **fields)
    assert NONE in page()
    Endpoint.objects.filter(pk=gpu.pk).update(variant="instruct", state=State.ENABLED)
    assert NONE not in page()


def test_page_says_since_when_all_are_down_and_nothing_while_one_is_up(page: Callable[[], str]) -> None:
    server_down("gpu-1")
    assert "No model server has answered since" in page()
    assert ", 14:02</time>" in page()
    assert "Messages wait" in page()
    server("gpu-2", health=Health.HEALTHY)
    assert "Model servers" not in page(), "its reader has a server that is well"


def test_only_admins_are_led_to_the_endpoints(page: Callable[[], str], staff: User, signed_in: SignedIn) -> None:
    server_down("gpu-1")
    link = 'come back. <a href="/endpoints/">Endpoints</a>'
    assert link in signed_in(staff).get(HOME).text
    assert link not in page()


def measured(conversation: Conversation | None) -> int | None:
    endpoint = chat_servers(NOBODY).measured_for(conversation)
    return endpoint.context_window if endpoint else None


def smaller(conversation: Conversation | None) -> str:
    servers = chat_servers(NOBODY)
    endpoint = servers.measured_for(conversation)
    found = servers.smaller_than(endpoint, conversation) if endpoint else None
    return found.name if found else ""


def test_window_is_that_of_the_server_that_the_composer_names(alice: User) -> None:
    silent = server("silent")
    assert measured(None) is None
    silent.delete()
    large = server("large", discovered_context_window=16_384, health=Health.HEALTHY, priority=1)
    small = server("small", discovered_context_window=4_096, health=Health.HEALTHY)
    server("base", variant="base", discovered_context_window=512)
    conversation = Conversation.objects.create(owner=alice, title="About sorting")
    assert (measured(None), measured(conversation), smaller(None)) == (16_384, 16_384, "small")
    conversation.endpoint, conversation.endpoint_name = small, small.name
    assert (measured(conversation), smaller(conversation)) == (4_096, "")
    Endpoint.objects.filter(pk=large.pk).update(health=Health.DOWN, retry_at=SINCE)
    assert (measured(None), smaller(None)) == (4_096, ""), "what is down takes no questions"
    Endpoint.objects.filter(pk=small.pk).update(health=Health.DOWN, retry_at=SINCE)
    assert measured(None) == 16_384


def test_choice_of_models_says_health_window_and_load(alice: User, bob: User, signed_in: SignedIn) -> None:
    busy = server("gpu-1", model_id="codellama/CodeLlama-7b-Instruct-hf", health=Health.HEALTHY, max_concurrency=2)
    Endpoint.objects.filter(pk=busy.pk).update(discovered_context_window=16_384)
    server_down("gpu-2")
    mine, *_ = [start_conversation(owner=owner, text="one").conversation for owner in (alice, bob, bob)]
    Generation.objects.filter(message__conversation=mine).update(state="running", endpoint=busy, lease_expires_at=SINCE)
    first, second = server_choices(chat_servers(NOBODY), mine)
    assert (first.health, second.health) == (("good", "Healthy"), ("danger", "Down"))
    assert first.facts == "16,384 tokens of context · 1 of 2 slots in use · 2 waiting"
    assert second.facts == "context unknown · 0 of 4 slots in use · 2 waiting"
    browser = signed_in(alice)
    listed = browser.get("/chat/models/", {"conversation": str(mine.pk)}, headers={"HX-Request": "true"}).text
    assert "CodeLlama-7b-Instruct-hf at gpu-1" in listed
    assert browser.get("/chat/models/", {"conversation": str(mine.pk)}).status_code == 302


@pytest.fixture
def queue_of_two_groups(alice: User, bob: User) -> None:
    """Alice's group has gpu-1 to itself and Bob's has gpu-2. Two wait for Bob, one for Alice."""
    for name, person in (("gpu-1", alice), ("gpu-2", bob)):
        group = Group.objects.create(name=name)
        group.user_set.add(person)
        server(name, health=Health.HEALTHY).groups.add(group)
    for owner in (alice, bob, bob):
        start_conversation(owner=owner, text="one")


def waiting_for(person: User) -> tuple[str, dict[str, int]]:
    found = servers_and_queue(person.pk, None)
    return found.answering(None).word, {
        one.endpoint.name: one.waiting for one in server_choices(chat_servers(person.pk), None)
    }


def test_queue_is_of_those_who_may_use_the_same_servers(
    queue_of_two_groups: None, alice: User, bob: User, staff: User
) -> None:
    assert waiting_for(alice) == ("healthy, 1 waiting", {"gpu-1": 1})
    assert waiting_for(bob) == ("healthy, 2 waiting", {"gpu-2": 2})
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    assert waiting_for(staff) == ("healthy, 3 waiting", {"gpu-1": 1, "gpu-2": 2})
    start_conversation(owner=staff, text="an admin's question may run anywhere")
    assert waiting_for(alice) == ("healthy, 2 waiting", {"gpu-1": 2})
    server("gpu-3", health=Health.HEALTHY)
    assert waiting_for(alice) == ("healthy, 4 waiting", {"gpu-1": 2, "gpu-3": 4}), "all meet at what is for everybody"


def test_reply_that_wants_a_server_of_others_is_in_nobody_elses_queue(
    queue_of_two_groups: None, alice: User, bob: User
) -> None:
    server("gpu-3", health=Health.HEALTHY)
    assert waiting_for(alice)[0] == "healthy, 3 waiting"
    theirs = Endpoint.objects.get(name="gpu-2")
    Generation.objects.filter(owner=bob).update(wanted_endpoint=theirs, wanted_name="gpu-2")
    assert waiting_for(alice) == ("healthy, 1 waiting", {"gpu-1": 1, "gpu-3": 1})
    assert waiting_for(bob) == ("healthy, 3 waiting", {"gpu-2": 2, "gpu-3": 1})


def test_counting_the_queue_takes_one_statement(
    queue_of_two_groups: None, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        found = servers_and_queue(alice.pk, None)
    with django_assert_num_queries(1):
        assert server_choices(found, None)[0].waiting == 1


def test_server_is_picked_by_its_name_alone(alice: User, bob: User, signed_in: SignedIn) -> None:
    server("gpu-1", health=Health.HEALTHY)
    mine = start_conversation(owner=alice, text="one").conversation
    address, browser = f"{mine.get_absolute_url()}settings/server/", signed_in(alice)
    assert signed_in(bob).post(address, {"endpoint": "gpu-1"}).status_code == 404
    refused = browser.post(address, {"endpoint": "gpu-9"}, headers={"HX-Request": "true"})
    assert (refused.status_code, "There is no model server “gpu-9”" in refused.text) == (422, True)
    for name in ("gpu-1", ""):
        assert browser.post(address, {"endpoint": name}).status_code == 302
        mine.refresh_from_db()
        assert mine.endpoint_name == name
