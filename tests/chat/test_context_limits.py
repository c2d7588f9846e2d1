"""Limits of the model servers in the context usage: windows, prompts that may be shorter, wider servers."""

import pytest

from apps.accounts.models import User
from apps.chat.context.estimate import estimate_usage
from apps.chat.context.usage import Level
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.values import put_settings
from apps.chat.models import Conversation, Mode
from apps.endpoints.models import Endpoint
from apps.inference.context import LEAST_REPLY_TOKENS
from tests.chat.measured_talks import GAUGE, HTMX, NOBODY, add_server, counted, server, talk, tgi, usage_of
from tests.conftest import SignedIn

__all__ = ["server", "talk", "tgi"]


def test_reply_takes_what_it_may_and_half_of_the_window_at_most(server: Endpoint) -> None:
    assert usage_of(None).reserved == 1_000
    conversation = Conversation()
    put_settings(conversation, {"max_tokens": 1_500})
    assert usage_of(conversation).reserved == 1_500
    put_settings(conversation, {"max_tokens": 3_000})
    assert usage_of(conversation).reserved == 2_000
    Endpoint.objects.update(maximum_parameters={"max_tokens": 700})
    assert usage_of(None).reserved == 700
    Endpoint.objects.update(context_window_override=1_000)
    assert usage_of(None).reserved == 500


@pytest.mark.usefixtures("server")
def test_window_of_the_preferred_endpoint_counts_and_a_smaller_one_is_named(talk: Conversation) -> None:
    wide, narrow = add_server("gpu-2", 16_000), add_server("gpu-3", 2_000)
    Endpoint.objects.filter(pk=wide.pk).update(priority=2)
    for conversation in (None, talk):
        usage = usage_of(conversation, "word " * 700)
        assert (usage.window, usage.level, usage.sentence) == (16_000, Level.FINE, "")
        assert usage.aside.startswith("gpu-3 may reply instead. Its context window holds 2,000 tokens")
    assert usage_of(None, "Why?").aside == "", "that fits the smaller one too"
    assert usage_of(None, "word " * 900).aside.startswith("This is too long for gpu-3")
    put_settings(talk, {"endpoint": narrow.name})
    usage = usage_of(talk, "word " * 900)
    assert (usage.window, usage.aside) == (2_000, "")


@pytest.mark.usefixtures("server")
def test_question_that_is_too_long_for_the_preferred_endpoint_goes_to_a_wider_one(talk: Conversation) -> None:
    narrow = add_server("gpu-2", 2_000)
    add_server("gpu-3", 16_000)
    Endpoint.objects.filter(pk=narrow.pk).update(priority=2)
    for conversation in (None, talk):
        usage = usage_of(conversation, "word " * 3_000)
        assert (usage.window, usage.level, usage.sentence) == (16_000, Level.FINE, "")
        assert usage.aside.startswith("This is too long for gpu-2, whose context window holds 2,000 tokens.")
    assert usage_of(None, "Why?").window == 2_000
    put_settings(talk, {"endpoint": narrow.name})
    assert usage_of(talk, "word " * 3_000).level == Level.TOO_LONG, "nothing else may answer there"
    assert usage_of(None, "word " * 30_000).level == Level.TOO_LONG


@pytest.mark.usefixtures("tgi")
def test_limit_of_the_prompt_alone_counts(talk: Conversation) -> None:
    for conversation in (None, talk):
        usage = usage_of(conversation, "word " * 1_200)
        assert usage.least < usage.window
        assert usage.level == Level.TOO_LONG
        assert "the model server takes prompts of at most 2,500. Shorten it" in usage.sentence
    assert usage_of(None, "word " * 400).level == Level.FINE


@pytest.mark.parametrize(
    ("tokens", "level", "left"),
    [(1_800, Level.FINE, 700), (1_900, Level.FILLING, 600), (2_300, Level.NEARLY_FULL, 200)],
)
@pytest.mark.usefixtures("tgi")
def test_prompt_that_grows_to_its_limit_is_told(talk: Conversation, tokens: int, level: Level, left: int) -> None:
    put_settings(talk, {"max_tokens": 300})
    usage = usage_of(counted(talk, (1, 1), (tokens - 1, 1)))
    assert (usage.level, usage.left) == (level, left)


@pytest.mark.usefixtures("tgi")
def test_exchanges_beyond_the_limit_of_the_prompt_are_left_out(talk: Conversation) -> None:
    usage = usage_of(counted(talk, (1, 1), (2_801, 1)))
    assert usage.used < usage.window
    assert (usage.level, usage.left_out) == (Level.OVERFLOWING, 2)


def test_question_that_is_too_long_a_prompt_goes_to_a_server_that_takes_it(tgi: Endpoint) -> None:
    draft = "word " * 1_200
    assert usage_of(None, draft).level == Level.TOO_LONG
    Endpoint.objects.filter(pk=tgi.pk).update(priority=2)
    add_server("gpu-2", 4_000)
    assert usage_of(None, draft).level != Level.TOO_LONG, "its window is no larger"


def test_long_question_shortens_the_reply_before_it_is_too_long(server: Endpoint) -> None:
    Endpoint.objects.update(context_window_override=2_048)
    fits = usage_of(None, "word " * 550)
    assert LEAST_REPLY_TOKENS < fits.reserved < 1_000
    assert fits.used <= fits.window
    assert fits.level != Level.TOO_LONG
    assert usage_of(None, "word " * 900).level == Level.TOO_LONG


@pytest.mark.parametrize("window", [2_048, 4_096, 16_384])
def test_guide_has_room_before_anything_is_typed(server: Endpoint, window: int) -> None:
    Endpoint.objects.update(context_window_override=window)
    for draft in ("", "Which Code Llama models can fill in the middle?"):
        found = estimate_usage(Conversation(mode=Mode.GUIDE), draft=draft, files=[], servers=chat_servers(NOBODY))
        assert found is not None
        assert found.usage.history >= 1_200
        assert (found.usage.level, found.usage.sentence) == (Level.FINE, "")


def test_nothing_is_measured_where_nobody_knows_the_window(alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    for known in (False, True):
        assert estimate_usage(Conversation(), draft="x", files=[], servers=chat_servers(NOBODY)) is None
        assert "<meter" not in browser.get("/chat/").text
        assert "<meter" not in browser.post(GAUGE, {"message": "x"}, headers=HTMX).text
        if not known:
            add_server("gpu-1", None)
    Endpoint.objects.update(context_window_override=4_000)
    assert "<meter" in browser.get("/chat/").text
