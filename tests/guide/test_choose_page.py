"""The chooser on its page and as JSON, with the shipped rules in the database."""

import re
from http import HTTPStatus
from itertools import product

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint, set_endpoint_state
from apps.guide.choosing.answers import QUESTIONS
from apps.guide.models import Rule
from tests.guide.reading import Element, ReadPage

URL = "/guide/choose/"
JSON = "/guide/choose.json"
# Edition, page and sections, models, shapes, rules, cards and scores with their citations, sources; what is served,
# twice.
QUERIES = 12
# The first answer of an edition reads rules, scores and cards.
FIRST_QUERIES = QUERIES + 6


def read(client: Client, **answers: str) -> ReadPage:
    return ReadPage(client.get(URL, answers).text)


def answer(page: ReadPage) -> Element:
    return page.section("answer-heading")


def suggestions(page: ReadPage) -> list[str]:
    return [article.all("h3")[0].text for article in answer(page).all("article", "suggestion")]


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


@pytest.mark.parametrize(
    ("named", "known"), [("java", "java"), ("C#", "csharp"), ("js", "typescript"), ("Go", "other")]
)
def test_a_language_is_understood(guide: None, client: Client, named: str, known: str) -> None:
    told = client.get(JSON, {"task": "complete", "language": named, "gpu": "2x80"}).json()
    assert (told["answers"]["language"], told["notices"]) == (known, [])


def test_each_suggestion_says_how_it_does_in_the_language(guide: None, client: Client) -> None:
    asked = {"task": "generate", "language": "java"}
    java = "58.2 % of the Java problems of MultiPL-E at the first try; at this size, Base 51.9 and Python 57.6 %."
    recommended = client.get(JSON, asked).json()["recommended"]
    (reason,) = [one for one in recommended["reasons"] if java in one["text"]]
    assert recommended["model"] == "70b-instruct"
    assert [(source["key"], source["place"]) for source in reason["sources"]] == [("paper", "T4")]
    assert java in answer(read(client, **asked)).all("article", "suggestion--first")[0].text
    assert "MultiPL-E at the first try" not in answer(read(client, task="chat", language="rust")).text


@pytest.mark.parametrize("task", ["complete", "generate", "chat"])
@pytest.mark.parametrize("language", ["cpp", "java", "php", "typescript", "csharp", "bash"])
def test_what_is_recommended_has_the_highest_score_that_is_shown(
    guide: None, client: Client, task: str, language: str
) -> None:
    for gpu in ("", "24", "4x80"):
        told = client.get(JSON, {"task": task, "language": language, "gpu": gpu}).json()
        texts = [reason["text"] for reason in told["recommended"]["reasons"] if "MultiPL-E" in reason["text"]]
        (shown,) = [[float(number) for number in re.findall(r"\d+\.\d", text)] for text in texts]
        assert shown[0] == max(shown)
        said = [one["text"] for one in told["recommended"]["reasons"] + told["recommended"]["cautions"]]
        assert [text for text in said if "HumanEval" in text] == [], "another benchmark could say otherwise"


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ("16384", "At 16,000 tokens, finds a key at the start, after a fifth and after two fifths of the text in 100"),
        ("24000", "At 24,000 tokens, finds a key at the start, after a fifth and after two fifths of the text in 4.7"),
        ("100000", "At 24,000 tokens, finds a key at the start, after a fifth and after two fifths of the text in 4.7"),
    ],
)
def test_long_contexts_quote_the_result_at_the_length_asked_for(
    guide: None, client: Client, context: str, sentence: str
) -> None:
    told = client.get(JSON, {"task": "chat", "context": context}).json()["recommended"]
    assert told["model"] == "13b-instruct"
    cautions = [caution["text"] for caution in told["cautions"]]
    assert any(text.startswith(sentence) for text in cautions)
    assert any("(retrieval)" in text for text in cautions) == (int(context) > 16384)


def test_mathematics_gets_no_recommendation(guide: None, client: Client) -> None:
    page = read(client, task="maths")
    assert suggestions(page) == []
    assert "No Code Llama is for this" in answer(page).text
    assert client.get(JSON, {"task": "maths"}).json()["recommended"] is None


def test_an_endpoint_that_serves_it_is_said_without_its_address(guide: None, client: Client) -> None:
    asked = {"task": "chat", "gpu": "8"}
    assert "No endpoint of this workbench serves it" in read(client, **asked).text
    add_endpoint(name="secret-host", url="http://127.0.0.1:9", protocol="tgi", variant="instruct", size="7B")
    Endpoint.objects.update(health=Health.HEALTHY)
    response = client.get(URL, asked)
    first = answer(ReadPage(response.text)).all("article", "suggestion--first")[0]
    assert "Served by an endpoint of this workbench" in first.text
    assert any(link.attributes["href"].startswith(reverse("chat:home")) for link in first.all("a"))
    assert "secret-host" not in response.text
    assert "127.0.0.1:9" not in response.text
    told = client.get(JSON, asked).json()["recommended"]
    assert (told["model"], told["served_here"], told["up_here"]) == ("7b-instruct", True, True)


@pytest.mark.parametrize(("after", "door"), [("yes", "playground:fill"), ("no", "playground:complete")])
def test_base_is_tried_with_a_fitting_example(guide: None, client: Client, after: str, door: str) -> None:
    for size in ("7B", "13B", "34B", "70B"):
        add_endpoint(name=size, url="http://127.0.0.1:9", protocol="tgi", variant="base", size=size)
    page = read(client, task="complete", after=after)
    doors = [link.attributes["href"] for link in answer(page).all("a") if link.text == "Try it in the playground"]
    assert doors
    assert {address.partition("?")[0] for address in doors} == {reverse(door)}


def test_an_endpoint_that_is_down_or_disabled_is_no_promise(guide: None, client: Client) -> None:
    asked = {"task": "chat", "gpu": "8"}
    add_endpoint(name="one", url="http://127.0.0.1:9", protocol="tgi", variant="instruct", size="7B")
    told = client.get(JSON, asked).json()["recommended"]
    assert (told["served_here"], told["up_here"]) == (True, False)
    set_endpoint_state(name="one", state="disabled")
    told = client.get(JSON, asked).json()["recommended"]
    assert (told["served_here"], told["up_here"]) == (False, False)


def test_a_changed_rule_changes_the_answer(guide: None, client: Client) -> None:
    asked = {"task": "complete", "after": "yes"}
    first = client.get(URL, asked)
    assert suggestions(ReadPage(first.text))[0] == "B Code Llama 13B"
    Rule.objects.filter(slug="infill").update(models=["7b-instruct"])
    again = client.get(URL, asked, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == HTTPStatus.OK
    assert suggestions(ReadPage(again.text)) == ["I Code Llama – Instruct 7B"]


def test_a_rule_that_an_edit_made_unreadable_is_passed_over(guide: None, client: Client) -> None:
    Rule.objects.filter(slug="infill").update(when={"mood": "good"})
    assert client.get(URL, {"after": "yes"}).status_code == HTTPStatus.OK


def test_without_any_rule_it_says_so(guide: None, client: Client) -> None:
    Rule.objects.all().delete()
    page = read(client, task="chat")
    assert suggestions(page) == []
    assert "no rule for these answers" in answer(page).text


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
