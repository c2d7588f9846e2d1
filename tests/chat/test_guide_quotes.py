"""Questions that the guide answers by itself: the reply quotes it, and no model is asked."""

import re
from html import unescape

import pytest
from django.conf import LazySettings
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Mode
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.send import send_message, start_conversation
from apps.generation.models import Generation, State
from apps.guide.models import Page, Passage, Section, Term
from apps.guide.search.index import rebuild_index
from apps.guide.search.quote import as_markdown
from tests.chat.exchanges import answer, generation_of
from tests.chat.test_ask_the_guide import ask
from tests.conftest import SignedIn
from tests.support.markup import Markup
from tests.support.shipped_guide import fill_guide

KV_CACHE = "**KV cache**: What a server keeps of every token that it has read."
SHARES = "A share of the memory.\n\nWhat is left is free."


@pytest.fixture
def small_guide(db: None) -> None:
    """A guide of two terms and a page of two questions."""
    Term.objects.create(slug="kv-cache", term="KV cache", definition=KV_CACHE.removeprefix("**KV cache**: "))
    Term.objects.create(slug="shard", term="Shard", definition="The part of a model that one GPU holds.")
    page = Page.objects.create(
        slug="questions", title="Questions people ask", summary="Short answers.", reviewed_on="2026-11-30"
    )
    table = "| GPU | Speed |\n|---|---|\n| A100 | 50 |"
    for order, (slug, title, body) in enumerate(
        [("share", "How much does the cache take?", SHARES), ("speed", "How fast are GPUs?", table)]
    ):
        Section.objects.create(page=page, slug=slug, title=title, body=body, order=order)
    rebuild_index()


def is_quoted(generation: Generation) -> bool:
    return generation.state == State.SUCCEEDED and generation.attempt == 0


@pytest.mark.django_db
def test_every_suggestion_is_answered_in_the_words_of_the_guide(alice: User, signed_in: SignedIn) -> None:
    fill_guide()
    page = signed_in(alice).get(reverse("chat:ask")).text
    suggestions = [unescape(text) for text in re.findall(r'data-prompt="([^"]+)"', page)]
    assert len(suggestions) == 4
    for suggestion in suggestions:
        exchange = ask(alice, suggestion)
        (first,) = exchange.reply.passages
        passage = Passage.objects.get(url=first["url"], title=first["title"])
        assert is_quoted(generation_of(exchange)), suggestion
        shown = Markup(render_markdown(generation_of(exchange).text, exchange.reply.cited)).text
        term = f"{passage.title}:".split() if passage.kind == Passage.Kind.TERM else []
        assert shown.split() == [*term, *passage.body.split(), "[1]"]


@pytest.mark.usefixtures("small_guide")
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is a KV cache?", KV_CACHE),
        ("what's the KV cache of Code Llama", KV_CACHE),
        ("What are KV caches?", KV_CACHE),
        ("How much does the cache take?", SHARES),
    ],
)
def test_a_passage_whose_title_is_asked_for_is_the_reply(alice: User, question: str, text: str) -> None:
    exchange = ask(alice, question)
    assert generation_of(exchange).text == f"{text} [1]"
    assert generation_of(exchange).messages == [{"role": "user", "content": question}]
    assert not Generation.objects.active().exists()


@pytest.mark.usefixtures("small_guide")
@pytest.mark.parametrize(
    "question",
    [
        "Does a KV cache help?",
        "Explain the KV cache",
        "What does the KV cache of a shard take?",
        "What happens to the KV cache when the server reads a token?",
        "How fast are GPUs?",  # a table
    ],
)
def test_other_questions_go_to_a_model(alice: User, question: str) -> None:
    exchange = ask(alice, question)
    assert exchange.reply.passages
    assert generation_of(exchange).state == State.QUEUED


@pytest.mark.usefixtures("small_guide")
def test_a_long_passage_is_no_quotation(alice: User) -> None:
    Term.objects.filter(slug="kv-cache").update(definition="Keys and values. " * 45)
    rebuild_index()
    assert not is_quoted(generation_of(ask(alice, "What is a KV cache?")))


@pytest.mark.usefixtures("small_guide")
def test_a_question_with_a_file_goes_to_a_model(alice: User) -> None:
    file = attach_file(owner=alice, conversation=None, name="cache.py", content=b"cache = {}\n")
    exchange = start_conversation(owner=alice, text="What is a KV cache?", mode=Mode.GUIDE, files=[file.pk])
    assert generation_of(exchange).state == State.QUEUED
    assert "cache = {}" in generation_of(exchange).messages[-1]["content"]


@pytest.mark.usefixtures("small_guide")
def test_the_next_question_is_asked_with_the_quotation_before_it(alice: User) -> None:
    first = ask(alice, "What is a shard?")
    turns = generation_of(send_message(conversation=first.conversation, text="Does a shard hold a part?")).messages
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[2]["content"] == "**Shard**: The part of a model that one GPU holds. [1]"


@pytest.mark.usefixtures("small_guide")
def test_the_info_says_that_no_model_was_asked(alice: User, signed_in: SignedIn) -> None:
    replies = [ask(alice, text).reply for text in ("What is a shard?", "Does a shard hold a part?")]
    infos = [
        signed_in(alice).get(reverse("chat:info", args=[reply.conversation_id, reply.pk])).text for reply in replies
    ]
    assert ["the guide answers this question itself" in info for info in infos] == [True, False]
    assert "The model ended it" not in infos[0]


def test_a_quotation_is_shown_to_the_letter() -> None:
    body = "Use <step> or `x`, *not* _y_, [1] nor Q4_K_M & \\n."
    for kind, shown in ((Passage.Kind.TERM, f"*args: {body}"), (Passage.Kind.SECTION, body)):
        passage = Passage(kind=kind, title="*args", body=body)
        assert Markup(render_markdown(as_markdown(passage))).text.strip() == shown


@pytest.mark.usefixtures("small_guide")
def test_replies_from_the_guide_are_short_unless_their_settings_say_otherwise(
    alice: User, settings: LazySettings
) -> None:
    def longest(text: str, **chosen: int) -> int:
        conversation = start_conversation(owner=alice, text=text, mode=Mode.GUIDE, settings=chosen)
        return int(generation_of(answer(conversation, "Yes [1].")).parameters["max_tokens"])

    asked = "Does a KV cache help?"
    assert longest(asked) == 400
    assert longest(asked, max_tokens=900) == 900
    settings.CHAT_MAX_TOKENS = 100
    assert longest(asked) == 100
