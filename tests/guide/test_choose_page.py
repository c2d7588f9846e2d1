"""The chooser on its page and as JSON, with the shipped rules in the database."""

import re
from http import HTTPStatus
from itertools import product

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.guide.choosing.answers import QUESTIONS
from tests.guide.chooser_page import JSON, URL, answer, read, suggestions
from tests.guide.reading import ReadPage

# Edition, page and sections, models, shapes, rules, cards and scores with their citations, sources; what is served,
# twice.
QUERIES = 12
# The first answer of an edition reads rules, scores and cards.
FIRST_QUERIES = QUERIES + 6


def asked_for(page: ReadPage) -> set[str]:
    """The names of the questions on the page."""
    form = page.root.all("form", "choose-form")[0]
    fields = [field for tag in ("input", "select") for field in form.all(tag)]
    return {field.attributes["name"] for field in fields}


def typed_gpu(page: ReadPage) -> str:
    """Return the text in the field for the GPU."""
    form = page.root.all("form", "choose-form")[0]
    (field,) = [field for field in form.all("input") if field.attributes["name"] == "gpu"]
    return field.attributes["value"]


def test_the_answer_stands_beside_the_questions_from_the_start(guide: None, client: Client) -> None:
    page = read(client)
    assert asked_for(page) == {question.name for question in QUESTIONS}
    assert suggestions(page) == ["B Code Llama 70B", "B Code Llama 34B"]


def test_questions_that_do_not_apply_are_hidden(guide: None, client: Client) -> None:
    everything = {question.name for question in QUESTIONS}
    assert asked_for(read(client, task="maths")) == {"task"}
    assert asked_for(read(client, task="chat")) == everything - {"after"}
    assert asked_for(read(client, task="chat", after="yes")) == everything, "what was answered stays in sight"
    assert suggestions(read(client, task="chat", after="yes"))[0] == "I Code Llama – Instruct 13B"


def test_everybody_may_ask(guide: None, client: Client) -> None:
    assert client.get("/chat/").status_code == HTTPStatus.FOUND, "something must need a sign-in"
    assert client.get(URL, {"task": "chat"}).status_code == HTTPStatus.OK
    assert client.get(JSON, {"task": "chat"}).status_code == HTTPStatus.OK


def test_it_recommends_and_says_why_and_what_else(guide: None, client: Client) -> None:
    page = read(client, task="complete", after="yes", gpu="RTX 3090", context="4096")
    assert suggestions(page) == ["B Code Llama 13B", "B Code Llama 7B"]
    first, second = answer(page).all("article", "suggestion")
    assert "85.6 %" in first.text
    assert "Source 1, T14" in first.text
    assert "codellama/CodeLlama-13b-hf" in first.text
    assert "12.12 GiB" in first.text
    assert "83.3 %" in second.text
    assert "12.55 GiB" in second.text
    left_out = answer(page).all("dl", "choice__left-out")[0].text
    assert "34B was trained without infilling" in left_out
    assert "Code Llama – Python 7B" in left_out


def test_every_model_is_accounted_for(guide: None, client: Client) -> None:
    told = client.get(JSON, {"task": "chat", "gpu": "24"}).json()
    named = [told["recommended"], told["runner_up"], *told["also"], *told["excluded"]]
    assert len({one["model"] for one in named}) == 12
    assert all(one["reasons"] for one in told["excluded"])


def test_the_answers_given_stay_chosen(guide: None, client: Client) -> None:
    page = read(client, task="chat", context="32768", gpu="2x48")
    checked = {box.attributes["value"] for box in page.root.all("input") if "checked" in box.attributes}
    chosen = {option.attributes["value"] for option in page.root.all("option") if "selected" in option.attributes}
    assert "chat" in checked
    assert (chosen, typed_gpu(page)) == ({"mixed", "32768"}, "2x48")


def test_an_answer_of_ones_own_stays_in_the_list(guide: None, client: Client) -> None:
    page = read(client, context="20000", gpu="2x32")
    labels = [option.text for option in page.root.all("option") if "selected" in option.attributes]
    assert labels == ["Several", "20,000 tokens"]


def test_it_works_without_javascript(guide: None, client: Client) -> None:
    form = read(client).root.all("form", "choose-form")[0]
    assert form.attributes["method"] == "get"
    assert form.attributes["action"] == URL
    assert form.all("button")[0].attributes["type"] == "submit"


NONSENSE = [
    {"task": "dance"},
    {"context": "-5"},
    {"context": "nine"},
    {"context": "99999999999999999999"},
    {"context": "٣"},
    {"language": "<script>alert(1)</script>"},
    {"colour": "blue"},
    {"after": "x" * 5000},
]


def test_nonsense_is_left_out_with_a_notice(guide: None, client: Client) -> None:
    for nonsense in NONSENSE:
        response = client.get(URL, nonsense)
        assert response.status_code == HTTPStatus.OK
        page = ReadPage(response.text)
        assert "left out" in answer(page).all("p", "banner")[0].text
        assert len(suggestions(page)) == 2, "the other answers are taken as they stand"
        assert "<script>alert(1)" not in response.text
        told = client.get(JSON, nonsense).json()
        assert len(told["notices"]) == 1
        assert told["recommended"]["model"] == "70b-base"


@pytest.mark.parametrize("named", ["abacus", "MacBook", "0x0", "99x99", "\x00"])
def test_a_card_that_is_not_understood_is_asked_about_and_not_dropped(guide: None, client: Client, named: str) -> None:
    page = read(client, gpu=named)
    (notice,) = answer(page).all("p", "banner")
    assert "memory" in notice.text or "one host" in notice.text
    assert len(suggestions(page)) == 2
    if named.isprintable():
        assert typed_gpu(page) == named
    told = client.get(JSON, {"gpu": named}).json()
    assert (len(told["notices"]), told["cards"]) == (1, None)


def test_a_card_is_said_with_its_usable_memory(guide: None, client: Client) -> None:
    told = client.get(JSON, {"gpu": "2x RTX 4090"}).json()
    assert told["notices"] == []
    assert told["answers"]["gpu"] == "2xrtx-4090"
    assert told["cards"] == {"name": "NVIDIA RTX 4090", "count": 2, "usable_gib_each": 23.6}


def test_answers_repeated_in_the_address_still_render(guide: None, client: Client) -> None:
    assert client.get(f"{URL}?task=chat&task=maths&gpu=24&gpu=").status_code == HTTPStatus.OK


def test_pages_of_very_different_answers_all_render(guide: None, client: Client) -> None:
    names = ["task", "after", "gpu"]
    values = {question.name: question.values for question in QUESTIONS if question.name in names} | {"gpu": ["", "24"]}
    for chosen in product(*values.values()):
        response = client.get(URL, dict(zip(values, chosen, strict=True)))
        assert response.status_code == HTTPStatus.OK
        assert "Left out, and why" in response.text


def test_every_citation_leads_to_a_source_on_the_page(guide: None, client: Client) -> None:
    for answers in [{"task": "chat"}, {"after": "yes"}, {"context": "50000", "matters": "many"}, {"task": "maths"}]:
        page = read(client, **answers)
        targets = {link.attributes["href"].removeprefix("#") for link in page.root.all("a", "cite")}
        assert targets
        assert targets <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))


def test_every_statement_says_what_it_rests_on(guide: None, client: Client) -> None:
    told = client.get(JSON, {"task": "finetune", "gpu": "24"}).json()
    statements = told["why"] + [reason for one in told["excluded"] for reason in one["reasons"]]
    assert {statement["basis"] for statement in statements} == {"Sources", "Our judgement", "Computed here"}
    assert all(bool(one["sources"]) == (one["basis"] == "Sources") for one in statements)


def test_it_costs_the_same_few_queries_whatever_is_asked(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(FIRST_QUERIES):
        client.get(URL, {"task": "chat", "after": "yes"})
    for asked in [{"task": "chat"}, {"after": "yes", "gpu": "8"}, {"task": "maths"}]:
        with django_assert_num_queries(QUERIES):
            client.get(URL, asked)


@pytest.mark.parametrize("url", [f"{URL}?task=chat", f"{JSON}?task=chat"])
def test_who_has_it_gets_304(guide: None, client: Client, url: str) -> None:
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


def test_posting_is_refused(guide: None, client: Client) -> None:
    assert client.post(URL).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.post(JSON).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_it_needs_no_inline_style_or_script(guide: None, client: Client) -> None:
    text = client.get(URL, {"task": "chat", "gpu": "24"}).text
    assert "suggestion--first" in text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)


def test_signed_in_people_get_the_same_answer(guide: None, client: Client, alice: User) -> None:
    before = client.get(JSON, {"task": "chat"}).json()
    client.force_login(alice)
    assert client.get(JSON, {"task": "chat"}).json() == before
