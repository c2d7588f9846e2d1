"""The settings of a conversation: what its replies are asked for with, from the next one on."""

import json

import pytest
from django.db import transaction
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.conversation_settings.values import settings_of
from apps.chat.errors import ConversationGone, NotImportable
from apps.chat.models import Conversation, Mode
from apps.chat.services.delete import delete_conversation
from apps.chat.services.import_conversation import import_conversation
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.versions import answer_again
from apps.chat.services.settings import change_settings
from apps.chat.transfer.export import as_json
from apps.chat.transfer.format import read_file
from apps.endpoints.models import Endpoint
from apps.endpoints.services import remove_endpoint
from apps.generation.models import Generation, State
from apps.guide.models import Term
from apps.guide.search.index import rebuild_index
from tests.chat.exchanges import answered_conversation, answered_message, failed_exchange, generation_of
from tests.chat.test_servers import server, server_down

CHOSEN = {
    "endpoint": "gpu-1",
    "system_prompt": "Answer in German.",
    "temperature": 0.0,
    "top_p": 0.9,
    "max_tokens": 300,
    "stop": ["\n\n", "END"],
    "seed": 7,
}
PARAMETERS = {name: CHOSEN[name] for name in ("temperature", "top_p", "max_tokens", "stop", "seed")}


@pytest.fixture
def talk(alice: User) -> Conversation:
    server("gpu-1")
    return answered_conversation(alice, "one", "first")


def test_next_reply_is_asked_for_with_them_and_the_last_one_stays(talk: Conversation) -> None:
    talk = change_settings(conversation=talk, changes=CHOSEN)
    assert settings_of(talk) == CHOSEN
    asked = generation_of(send_message(conversation=talk, text="two"))
    assert asked.parameters == PARAMETERS
    assert asked.messages[0] == {"role": "system", "content": "Answer in German."}
    assert (asked.wanted_name, asked.wanted_endpoint) == ("gpu-1", talk.endpoint)
    first = Generation.objects.earliest("created_at")
    assert (first.parameters.keys(), first.wanted) == ({"max_tokens"}, None)


def test_new_conversation_begins_with_them(alice: User) -> None:
    server("gpu-1")
    exchange = start_conversation(owner=alice, text="one", settings=CHOSEN)
    assert settings_of(Conversation.objects.get()) == CHOSEN
    assert generation_of(exchange).parameters == PARAMETERS


def test_what_is_unset_is_not_asked_for(talk: Conversation, settings: Settings) -> None:
    talk = change_settings(conversation=talk, changes=CHOSEN)
    unset = {**dict.fromkeys(PARAMETERS), "system_prompt": "", "endpoint": ""}
    talk = change_settings(conversation=talk, changes=unset)
    asked = generation_of(send_message(conversation=talk, text="two"))
    assert asked.parameters == {"max_tokens": settings.CHAT_MAX_TOKENS}
    assert (asked.messages[0]["role"], asked.wanted) == ("user", None)


def test_history_makes_room_for_the_system_prompt(talk: Conversation, settings: Settings) -> None:
    answered_message(talk, "two", "second")
    settings.CHAT_HISTORY_CHARACTERS = len("one" + "first" + "two" + "second" + "three")
    exchange = answered_message(talk, "three", "third")
    assert len(generation_of(exchange).messages) == 5
    talk = change_settings(conversation=talk, changes={"system_prompt": "Brief."})
    asked = generation_of(answer_again(reply=exchange.reply))
    assert [turn["content"] for turn in asked.messages] == ["Brief.", "two", "second", "three"]


def test_guide_has_the_last_word(alice: User) -> None:
    Term.objects.create(slug="rope", term="RoPE theta", definition="The base of the rotary embedding: 1,000,000.")
    rebuild_index()
    exchange = start_conversation(
        owner=alice, text="What is the rotary base theta?", mode=Mode.GUIDE, settings={"system_prompt": "Be brief."}
    )
    system = generation_of(exchange).messages[0]["content"]
    assert system.startswith("Be brief.\n\nAnswer the question about Code Llama from the numbered passages")
    assert system.endswith("1,000,000.")


def test_tabs_that_change_different_settings_both_have_their_way(talk: Conversation) -> None:
    change_settings(conversation=talk, changes={"temperature": 0.5})
    talk = change_settings(conversation=talk, changes={"seed": 1})
    assert talk.parameters == {"temperature": 0.5, "seed": 1}


def test_deleted_conversation_keeps_its_settings(talk: Conversation) -> None:
    delete_conversation(conversation=talk)
    with pytest.raises(ConversationGone):
        change_settings(conversation=talk, changes=CHOSEN)


def test_name_of_a_server_that_was_removed_stays(talk: Conversation) -> None:
    talk = change_settings(conversation=talk, changes={"endpoint": "gpu-1"})
    assert talk.endpoint is not None
    remove_endpoint(endpoint=talk.endpoint, by=None)
    talk.refresh_from_db()
    assert settings_of(talk)["endpoint"] == "gpu-1"
    talk = change_settings(conversation=talk, changes={"seed": 1})
    asked = generation_of(send_message(conversation=talk, text="two"))
    assert (asked.wanted_name, asked.wanted_endpoint) == ("gpu-1", None)


def test_reply_that_waits_for_a_server_may_go_anywhere_once_any_may_answer(alice: User) -> None:
    server("gpu-1")
    exchange = start_conversation(owner=alice, text="one", settings={"endpoint": "gpu-1"})
    assert generation_of(exchange).wanted is not None
    change_settings(conversation=exchange.conversation, changes={"endpoint": ""})
    asked = generation_of(exchange)
    asked.refresh_from_db()
    assert (asked.state, asked.wanted) == (State.QUEUED, None)


def test_reply_is_continued_where_replies_go_now(alice: User) -> None:
    server_down("gpu-1")
    server("gpu-2")
    with transaction.atomic():
        exchange = failed_exchange(alice)
        change_settings(conversation=exchange.conversation, changes={"endpoint": "gpu-2", "max_tokens": 10, "seed": 3})
        continue_reply(reply=exchange.reply)
        asked = Generation.objects.get()
        assert asked.wanted_name == "gpu-2"
        assert asked.parameters.keys() == {"max_tokens"}, "it goes on as it began"


def test_settings_are_exported_and_imported(talk: Conversation, bob: User) -> None:
    assert "settings" not in json.loads(as_json(talk))
    exported = as_json(change_settings(conversation=talk, changes=CHOSEN))
    assert json.loads(exported)["settings"] == CHOSEN
    assert settings_of(import_conversation(owner=bob, file=read_file(exported))) == CHOSEN
    Endpoint.objects.all().delete()
    elsewhere = import_conversation(owner=bob, file=read_file(exported))
    assert settings_of(elsewhere) == {**CHOSEN, "endpoint": ""}, "it would wait for a server that is not there"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"temperature": 3}, "In settings.temperature: expected `float` <= 2.0"),
        ({"stop": ["a"] * 5}, "In settings.stop: expected `array` of length <= 4"),
        ({"stop": ["\0"]}, "In settings: null characters cannot be stored"),
    ],
)
def test_file_with_impossible_settings_is_refused(
    talk: Conversation, settings: dict[str, object], sentence: str
) -> None:
    file = {**json.loads(as_json(talk)), "settings": settings}
    with pytest.raises(NotImportable) as refused:
        read_file(json.dumps(file).encode())
    assert sentence in refused.value.sentence
