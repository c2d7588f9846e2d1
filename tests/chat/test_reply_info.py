"""The panel on a reply: figures, settings, and the exact prompt."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Message, Mode
from apps.chat.services.fork import fork_conversation
from apps.chat.services.import_conversation import import_conversation
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.transfer.export import as_json
from apps.chat.transfer.format import read_file
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation, failed_exchange
from tests.support.markup import Markup

HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is a set?"},
    {"role": "assistant", "content": "A collection."},
    {"role": "user", "content": "What is a list?"},
]


def sent(**facts: Any) -> dict[str, Any]:
    return {"at": "2026-11-22T14:02:00Z", "endpoint": "gpu-1", "protocol": "tgi", "size": "7B", **facts}


@pytest.fixture
def reply(alice: User) -> Message:
    message = answered_conversation(alice, "What is a list?", "An array that grows.").thread.get(position=2)
    Generation.objects.update(messages=TURNS, prompt_tokens=1234, completion_tokens=5)
    return message


def panel(browser: Client, reply: Message, *requests: dict[str, Any], headers: dict[str, str] | None = None) -> str:
    if requests:
        Generation.objects.filter(message=reply).update(sent=list(requests))
    answered = browser.get(reverse("chat:info", args=[reply.conversation_id, reply.pk]), headers=headers or HTMX)
    assert answered.status_code == 200
    return str(answered.text)


def words(html: str) -> str:
    return " ".join(" ".join(Markup(html).pieces).split()).replace(" ,", ",")


def prompt_in(html: str) -> str:
    found = re.search(r'<pre class="prompt__exact"[^>]*>(.*?)</pre>', html, re.DOTALL)
    return unescape(re.sub(r"</?span[^>]*>", "", found[1])) if found else ""


def messages_in(html: str) -> list[str]:
    return [unescape(text) for text in re.findall(r'<pre class="info__text"[^>]*>(.*?)</pre>', html, re.DOTALL)]


def test_figures_and_settings_are_those_of_the_request(browser: Client, reply: Message) -> None:
    parameters = {"max_tokens": 1024, "temperature": 0.2, "top_p": 0.95, "stop": ["###", "\n"], "seed": 7}
    request = sent(model="codellama/CodeLlama-7b-Instruct-hf", window=16384, parameters=parameters)
    shown = words(panel(browser, reply, request))
    for fact in (
        "Ended The model ended it (stop)",
        "Model server gpu-1, Text Generation Inference",
        "Model codellama/CodeLlama-7b-Instruct-hf",
        "Window 16,384 tokens",
        "Tokens in 1,234",
        "Tokens out 5",
        "Temperature 0.2",
        "Top-p 0.95",
        "Longest reply 1,024 tokens",
        "Seed 7",
        r'Stop sequences "###", "\n"',
        "Requests 1",
    ):
        assert fact in shown


def test_prompt_that_we_rendered_is_shown_to_the_byte(browser: Client, reply: Message) -> None:
    html = panel(browser, reply, sent())
    exact = (
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWhat is a set? [/INST] A collection. </s>"
        "<s>[INST] What is a list? [/INST]"
    )
    assert prompt_in(html) == exact
    assert "As it was sent, to the byte" in html
    posted = browser.get(reverse("chat:request_body", args=[reply.conversation_id, reply.pk]))
    assert json.loads(posted.content)["inputs"] == exact.removeprefix("<s>")
    assert f"POST /generate_stream, {len(posted.content)} bytes" in words(html)
    assert posted["Content-Disposition"] == 'attachment; filename="request.json"'


def test_what_was_left_out_stands_apart(browser: Client, reply: Message) -> None:
    html = panel(browser, reply, sent(left_out=2, window=600))
    assert "2 earlier messages did not fit the window and were left out" in words(html)
    left_out, _, told = html.partition("</details>")
    assert messages_in(left_out) == ["What is a set?", "A collection."]
    assert messages_in(told) == ["Be brief.", "What is a list?"]
    assert "What is a set?" not in prompt_in(html)


def test_reply_that_was_gone_on_with_shows_each_request(browser: Client, reply: Message) -> None:
    html = panel(browser, reply, sent(), sent(endpoint="gpu-2", at="2026-11-22T14:02:09Z", continued=8))
    shown = words(html)
    assert "14:02:00 gpu-1, from the beginning" in shown
    assert "14:02:09 gpu-2, after 8 characters" in shown
    assert messages_in(html)[-1] == "An array"
    assert prompt_in(html).endswith("What is a list? [/INST] An array")
    assert "Model server gpu-2" in shown


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ({"protocol": "openai", "size": None, "model": "CodeLlama-7b-Instruct"}, "[INST] What is a list? [/INST]"),
        ({"protocol": "openai", "size": "70B"}, "Source: user\n\n What is a list? <step>"),
        ({"protocol": "openai", "size": None}, ""),
        ({"protocol": "openai", "size": ""}, ""),
        ({"protocol": "tgi", "size": ""}, ""),
    ],
)
def test_prompt_of_the_servers_own_template_is_never_claimed(
    browser: Client, reply: Message, server: dict[str, Any], expected: str
) -> None:
    html = panel(browser, reply, sent(**server))
    assert "only the server knows its exact bytes" in html
    assert "to the byte" not in html
    assert expected in prompt_in(html)
    assert bool(prompt_in(html)) == ("By the format of Code Llama" in html) == bool(expected)
    assert messages_in(html)[-1] == "What is a list?"


def test_request_that_was_refused_here_is_not_said_to_be_sent(browser: Client, reply: Message) -> None:
    Generation.objects.update(messages=[{"role": "assistant", "content": "Hello."}])
    html = panel(browser, reply, sent())
    assert "The request was refused here and never sent." in html
    assert "The first message must be from the user" in html
    assert "The prompt" not in html
    body = reverse("chat:request_body", args=[reply.conversation_id, reply.pk])
    assert browser.get(body).status_code == 404


def test_imported_reply_says_that_nothing_is_known(browser: Client, alice: User, reply: Message) -> None:
    imported = import_conversation(owner=alice, file=read_file(as_json(reply.conversation))).thread.get(position=2)
    shown = words(panel(browser, imported))
    assert "This reply was imported from a file" in shown
    assert "Tokens in 1,234" in shown
    assert "What the model was told" not in shown


def test_guide_without_a_passage_asks_no_model(browser: Client, alice: User) -> None:
    conversation = start_conversation(owner=alice, text="qwertz", mode=Mode.GUIDE).conversation
    told = panel(browser, conversation.thread.get(position=2))
    assert "No model was asked" in told
    assert "The model ended it" not in told


def test_reply_that_waits_has_sent_nothing_yet(browser: Client, alice: User) -> None:
    exchange = start_conversation(owner=alice, text="one")
    assert "Nothing has been sent to a model server yet." in panel(browser, exchange.reply)


def test_older_reply_shows_what_is_known_of_it(browser: Client, reply: Message) -> None:
    endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
    Generation.objects.update(endpoint=endpoint, left_out=2)
    html = panel(browser, reply)
    assert "made before requests were kept" in html
    assert messages_in(html.partition("</details>")[2]) == ["Be brief.", "What is a list?"]


def test_failure_is_shown_in_words(browser: Client, alice: User) -> None:
    assert "It failed: The model server is gone." in words(panel(browser, failed_exchange(alice).reply, sent()))


def test_fork_tells_the_same(browser: Client, reply: Message) -> None:
    original = panel(browser, reply, sent(model="codellama"))
    fork = fork_conversation(message=reply).thread.get(position=2)
    assert panel(browser, fork) == original.replace(str(reply.conversation_id), str(fork.conversation_id)).replace(
        str(reply.pk), str(fork.pk)
    )


def test_what_others_wrote_is_text(browser: Client, reply: Message) -> None:
    Generation.objects.update(messages=[{"role": "user", "content": HOSTILE}], finish_reason="<b>")
    html = panel(browser, reply, sent(endpoint=HOSTILE, model=HOSTILE, parameters={"stop": [HOSTILE]}))
    markup = Markup(html)
    assert not {"script", "img", "b"} & set(markup.tags)
    assert HOSTILE in markup.text
    assert messages_in(html) == [HOSTILE]
    assert HOSTILE in prompt_in(html)


def test_panel_is_a_page_without_javascript(browser: Client, reply: Message) -> None:
    page = panel(browser, reply, sent(), headers={"Accept": "text/html"})
    assert "<h1" in page
    assert "As it was sent, to the byte" in page
    conversation = browser.get(reply.conversation.get_absolute_url()).text
    assert f'href="{reverse("chat:info", args=[reply.conversation_id, reply.pk])}"' in conversation
    assert "As it was sent" not in conversation


def test_questions_have_no_panel(browser: Client, alice: User, reply: Message) -> None:
    with transaction.atomic():
        send_message(conversation=reply.conversation, text="two")
    question = reply.conversation.thread.get(position=1)
    assert browser.get(reverse("chat:info", args=[question.conversation_id, question.pk])).status_code == 404


def test_speed_is_known_of_what_was_written_in_one_go() -> None:
    begun = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
    times = {"first_token_at": begun, "ended_at": begun + timedelta(seconds=5)}
    assert Generation(completion_tokens=11, sent=[{}], **times).tokens_per_second == 2
    assert Generation(completion_tokens=11, sent=[{}, {}], **times).tokens_per_second is None
    assert Generation(completion_tokens=1, sent=[{}], **times).tokens_per_second is None
