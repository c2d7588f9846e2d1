"""The palette finds actions, conversations, pages of the guide and presets, of the person who asks alone."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.chat.models import Preset
from apps.chat.search.palette import choices_for
from apps.chat.search.plain_text import plain_text
from apps.guide.models import Term
from apps.guide.search.index import rebuild_index
from tests.chat.exchanges import answered_conversation, answered_message
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db


def titles(user: User, text: str) -> dict[str, list[str]]:
    return {group.key: [choice.title for choice in group.choices] for group in choices_for(user, text)}


def test_nothing_typed_offers_recent_conversations_and_actions(alice: User, bob: User) -> None:
    answered_conversation(bob, "A secret?", "Yes.")
    for number in range(7):
        answered_conversation(alice, f"Question {number}", "Yes.")
    found = titles(alice, " ")
    assert found["conversations"] == [f"Question {number}" for number in (6, 5, 4, 3, 2)]
    assert "New conversation" in found["actions"]
    assert found.keys() == {"conversations", "actions"}


def test_conversations_are_found_once_each(alice: User, bob: User) -> None:
    answered_conversation(bob, "How do I sort?", "With sorted.")
    mine = answered_conversation(alice, "How do I sort?", "With **sorted**.")
    answered_message(mine, "And sort backwards?", "| call | does |\n|---|---|\n| sorted | sorts |")
    (group,) = [group for group in choices_for(alice, "sort") if group.key == "conversations"]
    (choice,) = group.choices
    assert choice.title == "How do I <mark>sort</mark>?"
    assert choice.url.startswith(mine.get_absolute_url())
    assert choice.url.endswith("?find=sort")
    assert choice.about == "call does <mark>sort</mark>ed <mark>sort</mark>s"


def test_pages_of_the_guide_and_presets_are_found(alice: User, bob: User) -> None:
    Term.objects.create(slug="rope", term="RoPE theta", definition="The base of the rotary embedding.")
    rebuild_index()
    Preset.objects.create(owner=alice, name="Explain infilling", description="In short")
    Preset.objects.create(owner=bob, name="Explain secrets")
    found = titles(alice, "expl")
    assert found["presets"] == ["<mark>Expl</mark>ain infilling"]
    assert titles(alice, "rotary") == {"guide": ["RoPE theta"]}


def test_actions_are_found_by_other_words_too(alice: User, staff: User) -> None:
    assert titles(alice, "trash")["actions"] == ["Archived and deleted conversations"]
    assert "actions" not in titles(alice, "endpoints")
    assert titles(staff, "endpoints")["actions"] == ["<mark>Endpoints</mark>"]


def test_what_was_typed_is_escaped(alice: User, signed_in: SignedIn) -> None:
    Preset.objects.create(owner=alice, name="<b>Bold</b>", description="<i>so</i>")
    browser = signed_in(alice)
    answered_conversation(alice, "<script>alert(1)</script>", "Yes.")
    for asked in ("bold", "alert", "<script>"):
        answer = browser.get("/chat/palette/", {"q": asked}, headers={"HX-Request": "true"}).text
        assert "&lt;" in answer
        assert "<b>" not in answer
        assert "<i>" not in answer
        assert "<script>" not in answer


def test_without_htmx_everything_is_searched(alice: User, signed_in: SignedIn) -> None:
    assert signed_in(alice).get("/chat/palette/?q=sort")["Location"] == "/chat/search/everything/?q=sort"


def test_strangers_sign_in_first(client: Client) -> None:
    assert "/accounts/" in client.get("/chat/palette/?q=sort")["Location"]


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("# Sorting\n\n- **one**\n2. `two`", "Sorting\n\none\ntwo"),
        ("| a | b |\n|---|:--|\n| 1 | 2 |", "a b\n\n1 2"),
        ("```python\nx = a | b\n```", "\nx = a | b\n"),
        ("C++ and __init__ and a - b", "C++ and __init__ and a - b"),
        ("> quoted\n---", "quoted\n"),
    ],
)
def test_excerpts_are_plain(markdown: str, plain: str) -> None:
    assert plain_text(markdown).strip() == plain.strip()
