"""The parts around a message's text: its time, its heading, and its actions."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.live.fragments import announce_end
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import send_message
from apps.generation.log import store
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation, answered_message, failed_exchange, generation_of

MARKDOWN = "# Sorting\r\n\r\n`sorted` <b>&amp;</b>\n\n```python\n\tx = 1  \n```\n "


def text_of(browser: Client, message: Message) -> str:
    answered = browser.get(reverse("chat:text", args=[message.conversation_id, message.pk]))
    assert answered["Content-Type"] == "text/plain; charset=utf-8"
    assert answered["X-Content-Type-Options"] == "nosniff"
    return answered.content.decode()


def test_messages_are_copied_as_they_were_written(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "  <script>alert(1)</script>\n", MARKDOWN)
    question, reply = conversation.thread.in_order()
    assert text_of(browser, question) == "  <script>alert(1)</script>\n"
    assert text_of(browser, reply) == MARKDOWN


def test_reply_that_is_being_written_is_copied_as_far_as_it_is(browser: Client, alice: User) -> None:
    with transaction.atomic():
        conversation = answered_conversation(alice, "one", "first")
        reply = send_message(conversation=conversation, text="two").reply
    assert reply.generation is not None
    store.begin_anew(reply.generation.pk, attempt=1, text="so far", tokens=2)
    assert text_of(browser, reply) == "so far"


def test_text_is_on_the_page_once(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "a long question", "a long reply")
    page = browser.get(conversation.get_absolute_url()).text
    assert page.count("a long question") == page.count("a long reply") == 1


def test_each_turn_has_a_heading_and_its_time(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "# first\n\n#### below")
    page = browser.get(conversation.get_absolute_url()).text.partition("<template")[0]
    headings = re.findall(r"<(h[2-6])[^>]*>(You|Assistant|first|below)</h", page)
    assert headings == [("h2", "You"), ("h2", "Assistant"), ("h3", "first"), ("h6", "below")]
    for message in conversation.thread.in_order():
        assert f'<time class="message__time" datetime="{message.created_at:%Y-%m-%dT%H:%M:%S}' in page


def test_day_stands_where_it_changes(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    page = browser.get(conversation.get_absolute_url()).text
    assert page.count('class="message__day"') == 1
    for message in conversation.messages.filter(position__lte=2):
        earlier = message.created_at - timedelta(days=3)
        Message.objects.filter(pk=message.pk).update(created_at=earlier)
    page = browser.get(conversation.get_absolute_url()).text
    days = re.findall(r'class="message__day"><time datetime="([0-9-]+)"', page)
    dates = [message.created_at.date().isoformat() for message in conversation.thread.order_by("position")]
    assert days == [dates[0], dates[2]]


def offered(page: str) -> list[str]:
    return re.findall(r">(Continue|Retry|Regenerate|Copy|Fork)</button>", page)


def test_every_finished_reply_can_be_written_again(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    page = browser.get(conversation.get_absolute_url()).text
    assert offered(page) == ["Copy", "Fork", "Regenerate", "Copy", "Fork"] * 2
    reply = conversation.thread.get(position=2)
    Generation.objects.filter(message=reply).update(finish_reason="length")
    page = browser.get(conversation.get_absolute_url()).text
    assert offered(page)[2:6] == ["Continue", "Retry", "Copy", "Fork"]

    assert browser.post(reverse("chat:retry", args=[conversation.pk, reply.pk])).status_code == 302
    assert [message.text for message in conversation.thread.in_order()] == ["one", ""]
    assert [message.versions for message in conversation.thread.in_order()] == [1, 2]


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "\u00a0\t\n"])
def test_reply_without_a_word_says_so_and_offers_retry(browser: Client, alice: User, text: str) -> None:
    conversation = answered_conversation(alice, "one", text)
    reply = conversation.thread.in_order().latest("position")
    page = browser.get(conversation.get_absolute_url()).text
    assert page.count("The model answered with nothing.") == 1
    assert offered(page.partition('data-role="assistant"')[2]) == ["Retry", "Fork"]
    assert "The model answered with nothing." in announce_end(reply)
    Generation.objects.filter(message=reply).update(text=f"1{text}", text_length=len(text) + 1)
    page = browser.get(conversation.get_absolute_url()).text
    assert "The model answered with nothing." not in page
    assert offered(page.partition('data-role="assistant"')[2]) == ["Regenerate", "Copy", "Fork"]


def test_nothing_can_be_done_with_a_reply_that_is_being_written(browser: Client, conversation: Conversation) -> None:
    send_message(conversation=conversation, text="one")
    page = browser.get(conversation.get_absolute_url()).text
    assert offered(page.partition('data-role="assistant"')[2]) == []


def test_versions_can_be_gone_through_at_both_ends(browser: Client, alice: User) -> None:
    exchange = failed_exchange(alice)
    browser.post(reverse("chat:retry", args=[exchange.conversation.pk, exchange.reply.pk]))
    Generation.objects.exclude(pk=generation_of(exchange).pk).update(state="cancelled", ended_at="2026-01-01T00:00Z")
    page = browser.get(exchange.conversation.get_absolute_url()).text
    assert "Version 2 of 2" in page
    assert re.search(r'formaction="[^"]*/versions/1/"\s+aria-label="Previous version"', page)
    assert re.search(r'disabled\s+aria-label="Next version"', page)
