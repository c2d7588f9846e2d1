"""The panel of settings: what it shows, saves and refuses, with htmx and without JavaScript."""

import re
from collections.abc import Mapping

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.chat.conversation_settings.values import settings_of
from apps.chat.models import Conversation, Message
from apps.chat.services.settings import change_settings
from apps.endpoints.models import Endpoint, Health
from tests.chat.exchanges import answered_conversation
from tests.chat.test_servers import server, server_down

HTMX = {"HX-Request": "true"}
HOME = "/chat/"


@pytest.fixture
def talk(alice: User) -> Conversation:
    server("gpu-1", discovered_context_window=4096)
    return answered_conversation(alice, "one", "first")


def posted(shown: Mapping[str, str] | None = None, /, **written: str) -> dict[str, str]:
    """Return a browser's form data: every field, with the value that it showed."""
    names = ("endpoint", "system_prompt", "temperature", "top_p", "max_tokens", "stop", "seed")
    before = {**dict.fromkeys(names, ""), **(shown or {})}
    fields = {f"settings-{name}": value for name, value in (before | written).items()}
    return fields | {f"initial-settings-{name}": value for name, value in before.items()}


def address(talk: Conversation) -> str:
    return f"{talk.get_absolute_url()}settings/"


def test_they_are_saved_and_shown(browser: Client, talk: Conversation) -> None:
    written = {
        "endpoint": "gpu-1",
        "system_prompt": " Answer\r\nin German. ",
        "temperature": "0",
        "max_tokens": "300",
        "stop": "\\n\\n\r\nEND",
    }
    answered = browser.post(address(talk), posted(**written))
    assert (answered.status_code, answered["Location"]) == (302, talk.get_absolute_url())
    talk.refresh_from_db()
    assert settings_of(talk) == {
        "endpoint": "gpu-1",
        "system_prompt": "Answer\nin German.",
        "temperature": 0.0,
        "top_p": None,
        "max_tokens": 300,
        "stop": ["\n\n", "END"],
        "seed": None,
    }
    page = browser.get(talk.get_absolute_url()).text
    assert "Saved. The next reply uses these settings." in page
    for shown in ("Answer\nin German.</textarea>", "\\n\\n\nEND</textarea>", 'value="gpu-1" selected'):
        assert shown in page
    assert "Answer\nin German.</textarea>" in browser.get(address(talk)).text


def test_htmx_gets_the_panel_and_the_bar(browser: Client, talk: Conversation) -> None:
    answered = browser.post(address(talk), posted(endpoint="gpu-1"), headers=HTMX)
    assert answered.status_code == 200
    for target in ("settings-body", "answering", "model-servers", "toasts"):
        assert f'hx-target="#{target}"' in answered.text
    assert "<!doctype" not in answered.text


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("temperature", "warm", "Write a number from 0 to 2, such as 0.2."),
        ("temperature", "2.1", "Write a number from 0 to 2, such as 0.2."),
        ("top_p", "0", "Write a number above 0 and at most 1, such as 0.9."),
        ("max_tokens", "0", "Write a whole number from 1 to 100,000."),
        ("max_tokens", "4096", "The window of gpu-1 holds 4,096 tokens, question and reply together."),
        ("stop", "a\nb\nc\nd\ne", "At most 4 stop sequences, one a line."),
        ("stop", "x" * 101, "One of them has 101 characters; at most 100 are taken."),
        ("seed", "-1", "Write a whole number from 0 to 2,147,483,647."),
        ("system_prompt", "x" * 4001, "It has 4001 characters; at most 4000 are allowed."),
        ("system_prompt", "a\0b", "Null characters are not allowed."),
        ("endpoint", "gpu-9", "There is no model server “gpu-9” that answers chats."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    browser: Client, talk: Conversation, name: str, value: str, sentence: str
) -> None:
    for headers in ({}, HTMX):
        refused = browser.post(address(talk), posted(**{name: value}), headers=headers)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert "Not saved. Correct the marked settings." in refused.text
    talk.refresh_from_db()
    assert (talk.parameters, talk.system_prompt, talk.endpoint_name) == ({}, "", "")


def test_limits_are_those_of_the_server_that_is_chosen(browser: Client, talk: Conversation) -> None:
    Endpoint.objects.update(maximum_parameters={"temperature": 1.0, "stop": 1})
    server("gpu-2", discovered_context_window=16_384, maximum_parameters={"temperature": 0.5})
    page = browser.get(address(talk)).text
    assert "Cut to 0.5 on gpu-2, to 1 on gpu-1." in page
    for fields, sentence in (
        ({"endpoint": "gpu-1", "temperature": "1.5"}, "gpu-1 allows 1 at the most."),
        ({"temperature": "1.5"}, "No model server allows more than 1."),
        ({"endpoint": "gpu-1", "stop": "a\nb"}, "gpu-1 allows 1 at the most."),
        ({"endpoint": "gpu-1", "max_tokens": "5000"}, "The window of gpu-1 holds 4,096 tokens"),
    ):
        assert sentence in browser.post(address(talk), posted(**fields)).text
    for fields in ({"temperature": "0.7"}, {"stop": "a\nb"}, {"max_tokens": "5000"}):
        assert browser.post(address(talk), posted(**fields)).status_code == 302, "one of them may do that"


def test_two_tabs_save_what_each_has_changed(browser: Client, talk: Conversation) -> None:
    """Both tabs were opened before anything was set."""
    assert browser.post(address(talk), posted(temperature="0.2", seed="1")).status_code == 302
    assert browser.post(address(talk), posted(top_p="0.9")).status_code == 302
    talk.refresh_from_db()
    assert talk.parameters == {"temperature": 0.2, "seed": 1, "top_p": 0.9}, "nothing of the first tab is undone"


def test_last_tab_to_change_a_setting_wins(browser: Client, talk: Conversation) -> None:
    for temperature in ("0.2", "0.9"):
        assert browser.post(address(talk), posted(temperature=temperature)).status_code == 302
    talk.refresh_from_db()
    assert talk.parameters == {"temperature": 0.9}


@pytest.mark.parametrize("start", [HOME, "/chat/ask/"])
def test_first_message_brings_its_settings(browser: Client, start: str) -> None:
    server("gpu-1")
    page = browser.get(start).text
    assert 'name="settings-temperature" inputmode="decimal"' in page
    assert page.count('form="composer"') == 7
    sent = browser.post(start, {"message": "one", **posted(endpoint="gpu-1", temperature="0.2")})
    assert sent.status_code == 302
    made = Conversation.objects.get()
    assert (made.server_name, made.parameters) == ("gpu-1", {"temperature": 0.2})


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_first_message_with_wrong_settings_is_kept(browser: Client, headers: dict[str, str]) -> None:
    fields = {"message": "my first", **posted(temperature="warm")}
    refused = browser.post(HOME, fields, headers=headers)
    assert refused.status_code == 422
    sentence = "Not sent. In the settings, temperature: Write a number from 0 to 2, such as 0.2."
    assert sentence in refused.text
    assert headers or ("my first</textarea>" in refused.text and 'value="warm"' in refused.text)
    assert not Message.objects.exists()


def answering(page: str) -> tuple[str, str]:
    """Return the server that the composer names with its state, and the tone of that state."""
    button = page.partition('id="answering"')[2].partition("</button>")[0]
    (name,), (tone,) = re.findall('aria-label="Model: ([^"]+)"', button), re.findall('data-tone="([^"]+)"', button)
    return name, tone


class TestBar:
    def test_best_names_the_one_that_is_preferred_now(self, browser: Client) -> None:
        assert answering(browser.get(HOME).text) == ("Best available Instruct no model server", "danger")
        server("gpu-1", health=Health.DEGRADED, priority=9)
        server("gpu-2", health=Health.HEALTHY)
        server_down("gpu-3")
        assert answering(browser.get(HOME).text) == ("Best available Instruct gpu-2 healthy", "good")
        Endpoint.objects.filter(name="gpu-2").update(state="draining")
        assert answering(browser.get(HOME).text) == ("Best available Instruct gpu-1 degraded", "warning")
        Endpoint.objects.filter(name="gpu-1").delete()
        assert answering(browser.get(HOME).text) == ("Best available Instruct all down", "danger")

    def test_certain_one_is_named_with_its_health(self, browser: Client, talk: Conversation) -> None:
        change_settings(conversation=talk, changes={"endpoint": "gpu-1"})
        server_down("gpu-2")
        page = browser.get(talk.get_absolute_url()).text
        assert '<span class="composer__choice">gpu-1</span>' in page
        assert answering(page) == ("gpu-1 not checked yet", "neutral")

    def test_long_name_keeps_its_end(self, browser: Client, talk: Conversation) -> None:
        name = "codellama-13b-instruct-awq-node-07.gpu.example"
        Endpoint.objects.update(name=name)
        change_settings(conversation=talk, changes={"endpoint": name})
        page = browser.get(talk.get_absolute_url()).text
        assert answering(page)[0].startswith(f"{name} ")
        assert f">{name[:-8]}</span><span>{name[-8:]}</span>" in page
        assert 'aria-label="Model servers"' not in page, "what is down elsewhere does not matter here"

    def test_one_that_is_away_is_named_with_a_way_out(self, browser: Client, talk: Conversation) -> None:
        change_settings(conversation=talk, changes={"endpoint": "gpu-1"})
        Endpoint.objects.update(state="disabled")
        server("gpu-2")
        page = browser.get(talk.get_absolute_url()).text
        assert "gpu-1 has been switched off." in page
        assert "Nothing else may answer in this conversation." in page
        assert "gpu-2 answers." in page
        assert ">not there</span>" in page
        assert "gpu-1 (not there at the moment)</option>" in page
        answered = browser.post(f"{address(talk)}any/")
        assert answered["Location"] == talk.get_absolute_url()
        page = browser.get(talk.get_absolute_url()).text
        assert "Any model server may answer here now." in page
        assert "gpu-1" not in page

    def test_number_of_queries_does_not_grow_with_servers(self, browser: Client, talk: Conversation) -> None:
        change_settings(conversation=talk, changes={"endpoint": "gpu-1"})
        browser.get(HOME)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(talk.get_absolute_url()).status_code == 200
            return len(captured)

        before = queries()
        for number in range(2, 9):
            server(f"gpu-{number}")
        assert queries() == before
