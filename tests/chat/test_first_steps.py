"""A new site leads its admin: three steps, gone once done or dismissed."""

import re

from django.test import Client

from apps.accounts.models import User
from apps.chat.services.messages.send import start_conversation
from apps.endpoints.services import add_endpoint
from tests.conftest import SignedIn


def steps(client: Client) -> dict[str, bool]:
    """Return the steps that the page shows, and whether each is done."""
    page = client.get("/chat/").text
    found = page.partition('class="first-steps__list"')[2].partition("</ol>")[0].split("<li")[1:]
    return {re.findall(r'first-steps__name"[^>]*>([^<]+)<', step)[0]: "data-done" in step for step in found}


def test_admin_is_led_until_all_is_done(staff: User, signed_in: SignedIn) -> None:
    client = signed_in(staff)
    add_endpoint(name="local", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
    assert steps(client) == {"Try the chat": False, "Connect a model server": False, "Invite somebody": False}
    page = client.get("/chat/").text
    for path in ("/endpoints/add/", "/accounts/people/"):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
    start_conversation(owner=staff, text="Hello")
    assert steps(client)["Try the chat"]
    add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
    assert steps(client) == {"Try the chat": True, "Connect a model server": True, "Invite somebody": False}
    User.objects.create_user("bob")
    assert steps(client) == {}


def test_steps_are_dismissed_for_good(staff: User, signed_in: SignedIn) -> None:
    client = signed_in(staff)
    assert steps(client)
    answer = client.post("/chat/first-steps/dismiss/")
    assert (answer.status_code, answer["Location"]) == (302, "/chat/")
    assert steps(client) == {}
    assert steps(signed_in(staff)), "in another browser they are still there"


def test_nobody_else_sees_them(alice: User, signed_in: SignedIn) -> None:
    assert steps(signed_in(alice)) == {}
