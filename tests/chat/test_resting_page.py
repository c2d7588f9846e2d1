"""A page that rests: it learns of its servers by itself, and without JavaScript of its reply."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.services.messages.send import send_message
from apps.chat.services.messages.stop import stop_reply
from apps.endpoints.models import Endpoint
from tests.chat.exchanges import answered_conversation
from tests.chat.test_servers import SINCE, server
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SERVERS = "/chat/servers/"
REFRESH = '<noscript><meta http-equiv="refresh" content="5"></noscript>'


@pytest.fixture
def talk(alice: User) -> Conversation:
    return answered_conversation(alice, "one", "first")


def test_server_that_went_down_meanwhile_is_seen(browser: Client, talk: Conversation) -> None:
    server("gpu-1")
    for page, address in (("/chat/", SERVERS), (talk.get_absolute_url(), f"{SERVERS}?conversation={talk.pk}")):
        assert f'hx-get="{address}"' in browser.get(page).text
        Endpoint.objects.update(health="healthy")
        assert "No model server has answered" not in browser.get(address, headers=HTMX).text
        Endpoint.objects.update(health="down", health_since=SINCE, retry_at=SINCE)
        answered = browser.get(address, headers=HTMX).text
        assert "No model server has answered since" in answered
        assert "all down" in answered


def test_servers_of_somebody_elses_conversation_are_not_there(
    talk: Conversation, bob: User, signed_in: SignedIn
) -> None:
    assert signed_in(bob).get(f"{SERVERS}?conversation={talk.pk}").status_code == 404


def test_page_without_scripts_reloads_while_a_reply_is_written(browser: Client, talk: Conversation) -> None:
    address = talk.get_absolute_url()
    assert REFRESH not in browser.get(address).text
    send_message(conversation=talk, text="two")
    page = browser.get(address).text
    assert REFRESH in page
    assert "This page reloads every 5 seconds until the reply is complete." in page
    stop_reply(conversation=talk)
    assert REFRESH not in browser.get(address).text
