"""Asking the guide: replies rest on its passages, lead to them by number, and say so where it says nothing."""

import pytest
from django.conf import settings
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.context.grounding import CHARACTERS, find_grounds
from apps.chat.markdown.citations import Cited
from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Conversation, Message, Mode
from apps.chat.services.import_conversation import import_conversation
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.versions import answer_again
from apps.chat.services.share import share_conversation
from apps.chat.transfer.export import as_json, as_markdown
from apps.chat.transfer.format import read_file
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.guide.models import Term
from apps.guide.search.index import rebuild_index
from apps.inference.context import LEAST_REPLY_TOKENS, estimate_chat_tokens
from apps.inference.requests import ChatMessage
from apps.stores.threads import in_thread
from tests.chat.exchanges import answer, generation_of
from tests.chat.live_replies import model, pieces, scripted_server, the_end
from tests.chat.tab import Tab, tab_of
from tests.chat.test_carriers import Carrier, carrier
from tests.conftest import SignedIn
from tests.support.markup import Markup
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import head

__all__ = ["carrier", "model", "scripted_server"]

CITED = [Cited("/guide/glossary/#rope", "RoPE"), Cited("/guide/?a=1&b=2#x", 'The "second"')]


def fill_the_guide() -> None:
    Term.objects.create(slug="rope", term="RoPE theta", definition="The base of the rotary embedding: **1,000,000**.")
    Term.objects.create(slug="step", term="Step tag", definition="The 70B Instruct model separates turns by `<step>`.")
    rebuild_index()


@pytest.fixture
def small_guide(db: None) -> None:
    """A guide of two terms."""
    fill_the_guide()


def ask(owner: User, text: str) -> Exchange:
    return start_conversation(owner=owner, text=text, mode=Mode.GUIDE)


@pytest.mark.usefixtures("small_guide")
def test_the_model_is_given_what_the_guide_says(alice: User) -> None:
    exchange = ask(alice, "What is the rotary base theta?")
    system, question = generation_of(exchange).messages
    assert system["role"] == "system"
    assert "[1] RoPE theta\nThe base of the rotary embedding: 1,000,000." in system["content"]
    assert question == {"role": "user", "content": "What is the rotary base theta?"}
    assert [passage["url"] for passage in exchange.reply.passages] == ["/guide/glossary/#rope"]


@pytest.mark.usefixtures("small_guide")
def test_copies_and_files_keep_what_numbers_lead_to(alice: User, signed_in: SignedIn) -> None:
    conversation = answer(ask(alice, "What is the rotary base theta?"), "A million [1].").conversation
    link = '<a href="/guide/glossary/#rope"'
    copy = signed_in(alice).get(share_conversation(conversation=conversation).get_absolute_url()).text
    assert copy.count(link) == 2  # in the reply and under it
    assert f"\n[1] RoPE theta: <{settings.PUBLIC_URL}/guide/glossary/#rope>" in as_markdown(conversation)
    imported = import_conversation(owner=alice, file=read_file(as_json(conversation)))
    assert signed_in(alice).get(imported.get_absolute_url()).text.count(link) == 2


@pytest.mark.usefixtures("small_guide")
def test_an_ordinary_conversation_is_given_nothing(alice: User) -> None:
    exchange = start_conversation(owner=alice, text="What is the rotary base theta?")
    assert [message["role"] for message in generation_of(exchange).messages] == ["user"]
    assert exchange.reply.passages == []


@pytest.mark.usefixtures("small_guide")
@pytest.mark.parametrize(
    "text", ["What is the capital of France?", "theta xqzwvk vkwz", "?!", "word " * 2000, "the of and"]
)
def test_where_the_guide_says_nothing_no_model_is_asked(alice: User, text: str) -> None:
    exchange = ask(alice, text)
    generation = generation_of(exchange)
    assert generation.state == State.SUCCEEDED
    assert generation.text.startswith("The guide does not say.")
    assert generation.attempt == 0
    assert not Generation.objects.active().exists()


@pytest.mark.usefixtures("small_guide")
def test_a_question_that_leans_on_the_one_before_is_read_with_it(alice: User) -> None:
    exchange = answer(ask(alice, "What is the rotary base theta?"), "1,000,000 [1].")
    following = send_message(conversation=exchange.conversation, text="And why so large?")
    assert [passage["title"] for passage in following.reply.passages] == ["RoPE theta"]
    assert [turn["role"] for turn in generation_of(following).messages] == ["system", "user", "assistant", "user"]


@pytest.mark.usefixtures("small_guide")
def test_what_tells_may_stand_late_in_a_long_question(alice: User) -> None:
    asked = "I have been wondering for some time, since a colleague of mine brought it up, about the rotary base theta."
    assert [passage["title"] for passage in ask(alice, asked).reply.passages] == ["RoPE theta"]


@pytest.mark.usefixtures("small_guide")
def test_a_question_about_something_else_is_not_read_with_the_one_before(alice: User) -> None:
    exchange = answer(ask(alice, "What is the rotary base theta?"), "1,000,000 [1].")
    following = send_message(conversation=exchange.conversation, text="What is the weather in Paris?")
    assert following.reply.passages == []
    assert generation_of(following).text.startswith("The guide does not say.")


@pytest.mark.usefixtures("small_guide")
@pytest.mark.parametrize("window", [1_024, 2_048, 4_096])
def test_passages_give_way_to_the_question_and_a_short_reply(alice: User, window: int) -> None:
    for number in range(20):
        Term.objects.create(slug=f"long-{number}", term=f"Rotary theta {number}", definition="rotary theta " * 70)
    rebuild_index()
    add_endpoint(name="small", url="http://small:80", protocol="tgi", variant="instruct")
    Endpoint.objects.update(context_window_override=window)
    exchange = start_conversation(owner=alice, text="rotary theta", mode=Mode.GUIDE)
    told = [ChatMessage(turn["role"], turn["content"]) for turn in generation_of(exchange).messages]
    assert estimate_chat_tokens(told) + LEAST_REPLY_TOKENS <= window
    assert 1 <= len(exchange.reply.passages) <= 6


@pytest.mark.usefixtures("small_guide")
def test_passages_stay_within_their_room(alice: User) -> None:
    for number in range(20):
        Term.objects.create(slug=f"long-{number}", term=f"Rotary theta {number}", definition="rotary theta " * 300)
    rebuild_index()
    grounds = find_grounds("rotary theta")
    assert len(grounds.passages) > 1
    assert len(grounds.system_prompt) < CHARACTERS * 1.25


@pytest.mark.usefixtures("small_guide")
def test_the_numbers_of_a_reply_outlive_the_index(alice: User, signed_in: SignedIn) -> None:
    exchange = answer(ask(alice, "What is the rotary base theta?"), "It is 1,000,000 [1], not 10,000 [2].")
    Term.objects.all().delete()
    rebuild_index()
    page = Markup(signed_in(alice).get(exchange.conversation.get_absolute_url()).text)
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href") and "#rope" in value]
    assert links == ["/guide/glossary/#rope"] * 2, "the number, and the list below"
    assert "not 10,000 [2]" in page.text


@pytest.mark.usefixtures("small_guide")
def test_an_answer_once_more_is_grounded_too(alice: User) -> None:
    exchange = answer(ask(alice, "What is the rotary base theta?"), "", state=State.FAILED, error="Gone.")
    again = answer_again(reply=exchange.reply)
    assert again.reply.passages == exchange.reply.passages
    assert again.reply != exchange.reply


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "so [1].",
            '<p>so [<a href="/guide/glossary/#rope" title="RoPE" rel="noopener noreferrer nofollow">1</a>].</p>',
        ),
        ("so [0] [3] [99] [1a]", "<p>so [0] [3] [99] [1a]</p>"),
        ("`[1]`", "<p><code>[1]</code></p>"),
        ("so \\[1]", "<p>so [1]</p>"),
    ],
)
def test_only_numbers_that_exist_become_links(text: str, html: str) -> None:
    assert render_markdown(text, CITED).strip() == html


def test_several_numbers_in_one_pair_of_brackets() -> None:
    links = [value for tag, name, value in Markup(render_markdown("[1, 2, 7]", CITED)).attributes if name == "href"]
    assert links == ["/guide/glossary/#rope", "/guide/?a=1&b=2#x"]
    assert Markup(render_markdown("[1, 2, 7]", CITED)).text.strip() == "[1, 2, 7]"


def test_without_passages_numbers_are_text() -> None:
    assert render_markdown("so [1].") == "<p>so [1].</p>\n"


def test_a_link_of_the_models_own_stays_its_own() -> None:
    assert 'href="https://site.example/"' in render_markdown("[1](https://site.example/)", CITED)
    nested = Markup(render_markdown("[see [1] here](https://site.example/)", CITED))
    links = [value for _, name, value in nested.attributes if name == "href"]
    # In CommonMark, a link around another link is text. Its address is a bare link then.
    assert links == ["/guide/glossary/#rope", "https://site.example/"]


@pytest.mark.usefixtures("small_guide")
def test_one_asks_the_guide_without_javascript(alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    page = browser.get(reverse("chat:ask") + "?prompt=What+is+theta").text
    assert f'action="{reverse("chat:ask")}"' in page
    assert ">What is theta</textarea>" in page
    sent = browser.post(reverse("chat:ask"), {"message": "What is the rotary base theta?"})
    conversation = Conversation.objects.get(owner=alice)
    assert (sent.status_code, sent["Location"]) == (302, conversation.get_absolute_url())
    assert conversation.mode == Mode.GUIDE
    page = browser.get(conversation.get_absolute_url()).text
    assert "Answers from the </span>guide</span>" in page
    assert 'href="/guide/glossary/#rope"' in page


def test_an_empty_question_to_the_guide_is_explained(alice: User, signed_in: SignedIn) -> None:
    refused = signed_in(alice).post(reverse("chat:ask"), {"message": " "})
    assert refused.status_code == 422
    assert "Write a message first." in refused.text
    assert f'action="{reverse("chat:ask")}"' in refused.text


@pytest.mark.django_db(transaction=True)
async def test_numbers_become_links_whatever_carries_them(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    await in_thread(fill_the_guide)()
    text = "It is **1,000,000** [1].\n\n- not 10,000 [2]\n- see [1]\n"
    model.answer(head(), *pieces(text), *the_end())
    exchange = await in_thread(ask)(alice, "What is the rotary base theta?")
    tab: Tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with carrier(tab):
        await tab.until_over()
    reply = await in_thread(Message.objects.get)(pk=exchange.reply.pk)
    assert tab.page.body() == render_markdown(text, reply.cited)
    assert tab.page.body().count('href="/guide/glossary/#rope"') == 2
    shown = [str(message) for message in tab.page.messages]
    await tab.load(exchange.conversation)
    assert shown == [str(message) for message in tab.page.messages]
