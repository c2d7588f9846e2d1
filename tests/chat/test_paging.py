"""A page carries a part of its conversation; the rest comes when asked for, and nothing is left out or doubled."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.live.moments import moment_now
from apps.chat.live.polling import catch_up
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.versions import edit_question, show_version
from apps.chat.transcript.paging import MOST, MOST_CHARACTERS, TURN, latest_page, page_around
from tests.chat.exchanges import answer
from tests.chat.long_conversations import long_conversation
from tests.conftest import SignedIn
from tests.support.frames import Element, ShownPage, parse

HTMX = {"HX-Request": "true"}
TURNS = 60


@pytest.fixture
def talk(alice: User) -> Conversation:
    return long_conversation(alice, TURNS)


class Page:
    """A page on a conversation, on which gaps are filled as htmx does."""

    def __init__(self, browser: Client, address: str) -> None:
        self._browser = browser
        self.shown = ShownPage(browser.get(address).text)

    @property
    def transcript(self) -> Element:
        return self.shown.root.find("id", "transcript")

    @property
    def positions(self) -> list[int]:
        return [int(message.attributes["data-position"]) for message in self.shown.messages]

    @property
    def gaps(self) -> list[Element]:
        return [element for element in self.transcript.elements if element.attributes["class"] == "gap"]

    def fill(self, gap: Element, side: str = "end") -> None:
        link = gap.find("data-gap", side)
        assert link.attributes["hx-target"] == f"#{gap.attributes['id']}"
        assert link.attributes["hx-swap"] == "outerHTML"
        filled = self._browser.get(link.attributes["hx-get"].replace("&amp;", "&"), headers=HTMX)
        gap.replace_with(list(parse(filled.text).children))


def test_page_carries_the_latest_turns(talk: Conversation, browser: Client) -> None:
    page = Page(browser, talk.get_absolute_url())
    assert page.positions == list(range(2 * TURNS - MOST + 1, 2 * TURNS + 1))
    assert f"Reply <strong>{TURNS}</strong>." in page.shown.body()
    (gap,) = page.gaps
    assert gap is page.transcript.elements[0]
    assert f">{2 * TURNS - MOST} earlier messages<" in str(gap)


def test_short_conversation_has_no_gap(alice: User, browser: Client) -> None:
    page = Page(browser, long_conversation(alice, MOST // TURN).get_absolute_url())
    assert len(page.positions) == MOST
    assert page.gaps == []


def test_earlier_messages_come_until_all_are_there(talk: Conversation, browser: Client) -> None:
    page = Page(browser, talk.get_absolute_url())
    while page.gaps:
        before = page.positions
        page.fill(page.gaps[0])
        assert page.positions[-len(before) :] == before
        assert len(page.positions) <= len(before) + MOST
    assert page.positions == list(range(1, 2 * TURNS + 1))


@pytest.mark.parametrize("sides", [["start"], ["end"], ["start", "end"], ["end", "start"]])
def test_place_far_up_is_shown_with_a_way_to_both_sides(talk: Conversation, browser: Client, sides: list[str]) -> None:
    page = Page(browser, f"{talk.get_absolute_url()}?at=31")
    assert {21, 31, 40, 2 * TURNS} < set(page.positions)
    assert len(page.positions) <= 2 * MOST
    top, middle = page.gaps
    assert [element.attributes["data-position"] for element in (top, middle)] == ["20", str(2 * TURNS - MOST)]
    assert not top.find_all("data-gap", "start")
    turn = 0
    while page.gaps:
        gap = page.gaps[-1]
        side = sides[turn % len(sides)]
        page.fill(gap, side if gap.find_all("data-gap", side) else "end")
        assert page.positions == sorted(set(page.positions))
        turn += 1
    assert page.positions == list(range(1, 2 * TURNS + 1))


@pytest.mark.parametrize("place", ["1", "2", "19", "20", "100", "119", "120", "121", "99999999", "0", "-1", "x", ""])
def test_any_place_gives_a_page_without_doubles(talk: Conversation, browser: Client, place: str) -> None:
    positions = Page(browser, f"{talk.get_absolute_url()}?at={place}").positions
    assert positions == sorted(set(positions))
    assert positions[-1] == 2 * TURNS
    assert not place.isdigit() or not 0 < int(place) <= 2 * TURNS or int(place) in positions


def test_links_lead_there_without_javascript(talk: Conversation, browser: Client) -> None:
    page = Page(browser, f"{talk.get_absolute_url()}?at=31")
    top, middle = page.gaps
    assert top.find("data-gap", "end").attributes["href"] == f"{talk.get_absolute_url()}?at=20"
    assert middle.find("data-gap", "start").attributes["href"] == f"{talk.get_absolute_url()}?at=41"
    link = top.find("data-gap", "end").attributes["hx-get"].replace("&amp;", "&")
    assert browser.get(link).status_code == 302
    earlier = Page(browser, f"{talk.get_absolute_url()}?at=20")
    assert 20 in earlier.positions


def test_few_long_messages_are_shown_at_once(alice: User) -> None:
    talk = long_conversation(alice, 10, lambda _: "x" * (MOST_CHARACTERS // 3))
    texts = [part for part in latest_page(talk) if isinstance(part, Message)]
    assert TURN < len(texts) < MOST
    assert sum(len(message.text) for message in texts) <= MOST_CHARACTERS
    giants = long_conversation(alice, 3, lambda _: "x" * (2 * MOST_CHARACTERS))
    assert len([part for part in latest_page(giants) if isinstance(part, Message)]) == TURN
    about = [part.position for part in page_around(giants, 2) if isinstance(part, Message)]
    assert about == [1, 2, 3, 5, 6]


def test_a_part_begins_with_a_question(alice: User) -> None:
    talk = long_conversation(alice, 20, lambda turn: "x" * 4_000 if turn < 20 else "x")
    first = latest_page(talk)[1]
    assert isinstance(first, Message)
    assert first.question


def test_queries_and_rows_do_not_grow_with_the_conversation(
    alice: User, browser: Client, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    def cost(talk: Conversation, query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"{talk.get_absolute_url()}{query}").status_code == 200
        return len(captured)

    short, long = long_conversation(alice, 15), long_conversation(alice, 200)
    cost(short, "")  # warms up
    assert cost(short, "") == cost(long, "")
    assert cost(short, "?at=3") == cost(long, "?at=30")


def test_texts_that_are_not_shown_are_not_read(talk: Conversation) -> None:
    with CaptureQueriesContext(connection) as captured:
        page_around(talk, 30)
    read = [query["sql"] for query in captured if '"text"' in query["sql"]]
    assert len(read) == 1
    assert not any('"messages"' in query["sql"] for query in captured)
    assert read[0].count("::uuid") < 2 * MOST + 5


def test_gap_is_that_of_the_page_whatever_is_shown_now(talk: Conversation, browser: Client) -> None:
    """A page that has not heard yet of another thread gets what belongs to its own."""
    page = Page(browser, f"{talk.get_absolute_url()}?at=61")
    question = talk.thread.get(position=41)
    with transaction.atomic():
        answer(edit_question(question=question, text="In other words"), "Yes.")
    for gap in page.gaps:
        page.fill(gap)
    assert question.dom_id in str(page.transcript)
    assert "In other words" not in str(page.transcript)
    assert page.positions == sorted(set(page.positions))


def test_gap_is_not_there_for_others(talk: Conversation, bob: User, signed_in: SignedIn) -> None:
    below = talk.thread.get(position=100)
    address = reverse("chat:gap", args=[talk.pk, below.pk])
    assert signed_in(talk.owner).get(address, headers=HTMX).status_code == 200
    assert signed_in(bob).get(address, headers=HTMX).status_code == 404
    other = long_conversation(bob, 1)
    assert signed_in(bob).get(reverse("chat:gap", args=[other.pk, below.pk]), headers=HTMX).status_code == 404


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?after=99999999999", "?after=500", "?after=99&from=start"])
def test_any_gap_can_be_asked_for(talk: Conversation, browser: Client, query: str) -> None:
    below = talk.thread.get(position=100)
    answered = browser.get(reverse("chat:gap", args=[talk.pk, below.pk]) + query, headers=HTMX)
    assert answered.status_code == 200


def test_other_version_far_up_is_shown_at_its_place(talk: Conversation) -> None:
    question = talk.thread.get(position=21)
    since = moment_now().isoformat()
    with transaction.atomic():
        answer(edit_question(question=question, text="In other words"), "Yes.")
    show_version(message=question)
    page = ShownPage('<p id="announcer"></p><div id="transcript"></div>')
    frames, cursor = catch_up(talk, since)
    page.apply(frames)
    positions = [int(message.attributes["data-position"]) for message in page.messages]
    assert {20, 21, 22, 2 * TURNS} < set(positions)
    assert len(positions) <= 2 * MOST
    assert positions == sorted(set(positions))
    assert catch_up(talk, cursor)[0] == ""


@pytest.mark.parametrize("cursor", ["", "nonsense", "2020-01-01T00:00:00+00:00"])
def test_page_that_was_away_for_long_gets_the_end(talk: Conversation, cursor: str) -> None:
    Message.objects.update(created_at=moment_now())
    page = ShownPage('<p id="announcer"></p><div id="transcript"></div>')
    frames, after = catch_up(talk, cursor)
    page.apply(frames)
    positions = [int(message.attributes["data-position"]) for message in page.messages]
    assert positions == list(range(2 * TURNS - MOST + 1, 2 * TURNS + 1))
    assert len(after) < 2_000
