"""The chooser's recommendations, and its words on the language, the length and the endpoints."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint, set_endpoint_state
from apps.guide.models import Rule
from tests.guide.chooser_page import JSON, URL, answer, read, suggestions
from tests.guide.reading import ReadPage


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
