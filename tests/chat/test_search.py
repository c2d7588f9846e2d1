"""Searching one's own conversations: what is found, what is marked, and where it leads."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.search.find import MOST_FOUND, Found, Query, excerpt_of, find, marked
from apps.chat.services.delete import delete_conversation, restore_conversation
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.messages.versions import edit_question
from apps.chat.services.organize import archive_conversation, rename_conversation
from apps.generation.models import Generation
from tests.chat.exchanges import answer, answered_conversation, answered_message
from tests.conftest import SignedIn
from tests.support.markup import Markup

SEARCH = "/chat/search/"


def found(user: User, text: str) -> list[Found]:
    return find(user, Query(text))


def excerpts(user: User, text: str) -> list[str]:
    return [hit.excerpt for hit in found(user, text)]


@pytest.mark.parametrize(
    ("words", "marked_words"),
    [
        ("generator", "<mark>generator</mark>s"),
        ("GENERATOR lazy", "<mark>lazy</mark> <mark>generator</mark>s"),
        ("lazy-gener", "<mark>lazy</mark> <mark>gener</mark>ators"),
        ("path join", "os.<mark>path</mark>.<mark>join</mark>"),
        ("os.path.join(", "<mark>os</mark>.<mark>path</mark>.<mark>join</mark>"),
        ("div class", "&lt;<mark>div</mark> <mark>class</mark>=x&gt;"),
        ("snake_case", "<mark>snake</mark>_<mark>case</mark>"),
        ("not", "<mark>not</mark>"),
        ("größe", "<mark>Größe</mark>"),
        ("1e5", "<mark>1e5</mark>"),
        ("変数", "<mark>変数</mark>"),
    ],
)
def test_reply_is_found_by_how_its_words_begin(alice: User, words: str, marked_words: str) -> None:
    reply = "Use lazy generators, os.path.join, <div class=x>, snake_case, not 1e5, Größe or 変数名."
    answered_conversation(alice, "What?", reply)
    (hit,) = found(alice, words)
    assert marked_words in hit.excerpt
    assert hit.message is not None
    assert hit.message.generation is not None


TYPOGRAPHIC = "“quokka” runs—numbat waits…wombat x→platypus «dingo» ‘emu’ koala\u00a0bear ★possum★ 10×faster"


@pytest.mark.parametrize(
    ("words", "marked_words"),
    [
        ("quokka", "“<mark>quokka</mark>”"),
        ("numbat", "runs—<mark>numbat</mark>"),
        ("wombat", "waits…<mark>wombat</mark>"),
        ("x platy", "<mark>x</mark>→<mark>platy</mark>pus"),
        ("“dingo”", "«<mark>dingo</mark>»"),
        ("emu", "‘<mark>emu</mark>’"),
        ("bear", "<mark>bear</mark>"),
        ("possum", "★<mark>possum</mark>★"),
        ("faster", "10×<mark>faster</mark>"),
        ("cafe", "<mark>Café</mark>"),
        ("CAFÉ", "<mark>Café</mark>"),
        ("naive", "<mark>nai\u0308ve</mark>"),
        ("strasse", "<mark>Straße</mark>"),
        ("数名", "変<mark>数名</mark>"),
        ("C++", "<mark>C++</mark>"),
        ("c# f#", "<mark>C#</mark> and <mark>F#</mark>"),
        ("ёлк", "<mark>Ёлк</mark>а"),
    ],
)
def test_words_are_found_beside_any_character(alice: User, words: str, marked_words: str) -> None:
    answered_conversation(alice, "What?", f"{TYPOGRAPHIC} Café nai\u0308ve Straße 変数名 C++ C# and F# Ёлка")
    (hit,) = found(alice, words)
    shown = marked(hit.message.text, Query(words)) if hit.message else ""
    assert marked_words in shown
    assert "<mark>" in hit.excerpt


@pytest.mark.django_db
@pytest.mark.parametrize("locale", ["C", "C.utf8", "en_US.utf8"])
def test_index_has_the_same_words_under_every_locale(locale: str) -> None:
    """Texts with another collation stand for a database with another locale."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [locale])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE COLLATION \"{locale}\" (provider = builtin, locale = 'C.UTF-8')")
        cursor.execute(f'SELECT tsvector_to_array(searchable_words(%s COLLATE "{locale}"))', ["“ÄRGER”—Café 変数"])
        assert cursor.fetchone() == (["arger", "cafe", "変", "数"],)


@pytest.mark.parametrize(
    "words", ["", " ", "'", "&|!():*", "\\", "enerator", "generator missing", "\0", "²", "🦙", "%s"]
)
def test_what_is_not_there_is_not_found(alice: User, words: str) -> None:
    answered_conversation(alice, "What?", "A generator")
    assert len(found(alice, "generator")) == 1
    assert found(alice, words) == []


@given(text=st.text(max_size=300))
def test_no_text_is_too_strange_to_be_sought(text: str) -> None:
    query = Query(text)
    if query.words:
        assert Markup(marked(text, query)).text == text


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["İstanbul", "ſ", "ΰ", "x" * 500, "a " * 500, "'; DROP TABLE x", "a\\' & b"])
def test_postgres_understands_every_query(alice: User, words: str) -> None:
    assert found(alice, words) == []


def test_titles_questions_and_replies_are_found(alice: User) -> None:
    conversation = answered_conversation(alice, "Sorting lists", "Use sorted")
    rename_conversation(conversation=conversation, title="About sorting")
    answered_message(conversation, "And sorting dicts?", "Sorting too")
    hits = found(alice, "sort")
    assert hits[0].message is None
    assert hits[0].title == "About <mark>sort</mark>ing"
    assert [hit.message.text for hit in hits if hit.message] == [
        "Sorting too",
        "And sorting dicts?",
        "Use sorted",
        "Sorting lists",
    ]


def test_only_ones_own_are_found_and_no_deleted_ones(alice: User, bob: User) -> None:
    mine, his = (answered_conversation(owner, "secret plans", "secret reply") for owner in (alice, bob))
    assert {hit.conversation for hit in found(alice, "secret")} == {mine}
    archive_conversation(conversation=mine, archived=True)
    assert len(found(alice, "secret")) == 3
    delete_conversation(conversation=mine)
    assert found(alice, "secret") == []
    assert {hit.conversation for hit in found(bob, "secret")} == {his}
    restore_conversation(conversation=mine)
    assert len(found(alice, "secret")) == 3


def test_reply_is_found_once_it_is_over(alice: User) -> None:
    exchange = start_conversation(owner=alice, text="What?")
    Generation.objects.update(text="half a sequence")
    assert found(alice, "sequence") == []
    stop_reply(conversation=exchange.conversation)
    assert len(found(alice, "sequence")) == 1


def test_checkpoint_of_a_running_reply_touches_no_index(alice: User) -> None:
    start_conversation(owner=alice, text="What?")
    with connection.cursor() as cursor:
        cursor.execute("SELECT search FROM generation_generation")
        assert cursor.fetchall() == [(None,)]
        cursor.execute("UPDATE generation_generation SET ended_at = now(), state = 'cancelled', text = 'now'")
        cursor.execute("SELECT search::text FROM generation_generation")
        assert cursor.fetchall() == [("'now'",)]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(chr(0x4E00 + number % 20_000) + chr(0x20000 + number) for number in range(33_000)),
        " ".join(chr(0x20000 + number) for number in range(42_000)),
        "http://a.b/c/d?e=f&" * 6_000,
        "x" * 200_000,
    ],
    ids=["pairs", "characters", "addresses", "one word"],
)
def test_no_reply_is_too_long_to_be_stored(alice: User, text: str) -> None:
    assert answered_conversation(alice, "What?", text).thread.last() is not None
    assert Generation.objects.get().text == text


def test_excerpt_shows_where_it_was_found() -> None:
    text = "one\n\ttwo " * 50 + "<needle> " + "three " * 50
    excerpt = excerpt_of(text, Query("needle"))
    assert "&lt;<mark>needle</mark>&gt; three" in excerpt
    assert excerpt.startswith("… ")
    assert excerpt.endswith(" …")
    assert len(excerpt) < 300


def test_number_found_has_an_end(alice: User) -> None:
    conversation = answered_conversation(alice, "needle", "first")
    assert conversation.current is not None
    rows = [Conversation(owner=alice, title=f"needle {number}") for number in range(MOST_FOUND + 5)]
    Conversation.objects.bulk_create(rows)
    hits = found(alice, "needle")
    assert len([hit for hit in hits if hit.message is None]) == MOST_FOUND
    assert [hit.message.question for hit in hits if hit.message] == ["needle"]


def test_number_of_queries_does_not_grow(alice: User) -> None:
    answered_conversation(alice, "needle", "needle")
    with CaptureQueriesContext(connection) as few:
        assert len(found(alice, "needle")) == 3
    for _ in range(4):
        answered_conversation(alice, "needle", "needle")
    with CaptureQueriesContext(connection) as many:
        assert len(found(alice, "needle")) == 15
    assert len(few) == len(many) == 4


def test_page_and_fragment(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "What?", "A <b>needle</b>")
    page = browser.get(SEARCH, {"q": "needle"})
    fragment = browser.get(SEARCH, {"q": "needle"}, headers={"HX-Request": "true"})
    reply = conversation.messages.latest("position")
    for answered in (page, fragment):
        assert "A &lt;b&gt;<mark>needle</mark>&lt;/b&gt;" in answered.text
        assert f"{reverse('chat:message', args=[conversation.pk, reply.pk])}?find=needle" in answered.text
    assert fragment.text.startswith('<hx-partial hx-target="#conversations-found"')
    assert "<!doctype html>" in page.text


@pytest.mark.parametrize("q", ["", "\0", "x" * 1000, "<script>alert(1)</script>", "' | & !", "%", "\ud800"])
def test_page_takes_anything(browser: Client, q: str) -> None:
    page = browser.get(f"{SEARCH}?q={''.join(f'%{byte:02x}' for byte in q.encode(errors='surrogatepass'))}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_it_leads_to_the_message(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "What?", "A needle")
    reply = conversation.messages.latest("position")
    answered = browser.get(reverse("chat:message", args=[conversation.pk, reply.pk]), {"find": "a needle&"})
    assert answered["Location"] == f"{conversation.get_absolute_url()}?at=2&find=a+needle%26#{reply.dom_id}"


def test_message_in_another_version_is_shown_when_that_is_asked_for(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one needle", "first")
    question = conversation.thread.in_order().first()
    assert question is not None
    answer(edit_question(question=question, text="zwei"), "second")
    (hit,) = (hit for hit in found(alice, "needle") if hit.message)
    assert (hit.message, hit.is_shown) == (question, False)
    address = reverse("chat:message", args=[conversation.pk, question.pk])
    assert f'<form method="post" action="{address}?find=needle">' in browser.get(SEARCH, {"q": "needle"}).text
    asked = browser.get(address)
    assert "Show that version" in asked.text
    assert not conversation.thread.filter(pk=question.pk).exists()
    answered = browser.post(f"{address}?find=needle")
    assert answered["Location"].endswith(f"?at=1&find=needle#{question.dom_id}")
    assert conversation.thread.filter(pk=question.pk).exists()


def test_place_of_a_message_is_its_owners(
    conversation: Conversation, alice: User, bob: User, signed_in: SignedIn
) -> None:
    message = answered_message(conversation, "one", "first").question
    address = reverse("chat:message", args=[conversation.pk, message.pk])
    assert signed_in(alice).get(address).status_code == 302
    other = answered_conversation(bob, "two", "second")
    for wrong in (address, reverse("chat:message", args=[other.pk, message.pk])):
        assert signed_in(bob).get(wrong).status_code == 404
