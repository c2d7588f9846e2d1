"""The page on prompts: its examples and its preview are the prompts that are sent from here, to the byte."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.guide.errors import ContentError
from apps.guide.models import Section
from apps.guide.prompting.display import ShownPrompt
from apps.guide.prompting.examples import Turn
from apps.guide.prose import find_faulty_examples, render_prose
from apps.guide.services.read import read_content
from apps.inference.prompts import chat_prompt, infilling_prompt
from tests.guide.reading import Element, ReadPage

URL = "/guide/prompting/"
# The prompts that the reference code builds (the examples of the fact sheet, without <s>).
DIALOGUE = "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s><s>[INST] Bye [/INST]"
STEPS = (
    " Source: system\n\n Provide answers in JavaScript<step> Source: user\n\n Sum two numbers.<step>"
    " Source: assistant\nDestination: user\n\n "
)
STEPS_OF_THE_HUB = (
    "Source: system\n\n Provide answers in JavaScript <step> Source: user\n\n Sum two numbers. <step>"
    " Source: assistant\nDestination: user\n\n "
)
INFILLING = '<PRE> def remove_non_ascii(s: str) -> str:\n    """  <SUF>\n    return result\n <MID>'


def exact(element: Element) -> str:
    """All text inside, with white space as it stands."""
    return "".join(child if isinstance(child, str) else exact(child) for child in element.children)


def prompts(html: str) -> list[str]:
    return [exact(found) for found in ReadPage(html).root.all("pre", "prompt__exact")]


def preview(client: Client, **typed: str) -> str:
    return prompts(client.get(URL, typed).text)[-1]


def test_the_examples_are_the_reference_prompts(guide: None, client: Client) -> None:
    shown = prompts(client.get(URL).text)
    assert len(shown) >= 9
    for prompt in (DIALOGUE, STEPS, STEPS_OF_THE_HUB, INFILLING):
        assert f"<s>{prompt}" in shown


def test_no_example_of_the_guide_is_faulty(guide: None) -> None:
    bodies = [section.body for section in Section.objects.all()]
    assert any("```prompt" in body for body in bodies), "there are examples"
    assert [fault for body in bodies for fault in find_faulty_examples(body)] == []


def test_a_faulty_example_is_named_with_its_line_and_shown_as_faulty() -> None:
    text = 'Text.\n\n```prompt\nformat = "chat"\nmessages = []\n```\n'
    assert list(find_faulty_examples(text)) == [
        (3, "the example of a prompt cannot be rendered: There is no message to answer.")
    ]
    assert "This example cannot be rendered" in render_prose(text, {})


def test_a_faulty_example_stops_the_load(folder: Path) -> None:
    file = folder / "prompting/completion.md"
    text = file.read_text()
    assert text.count('format = "complete"') == 1
    read_content(folder=folder)
    file.write_text(text.replace('format = "complete"', 'format = "poem"'))
    with pytest.raises(ContentError, match=r"completion\.md, line 5: the example of a prompt cannot be rendered"):
        read_content(folder=folder)


def test_the_preview_shows_what_one_types(guide: None, client: Client) -> None:
    typed = {"system": "Be brief.", "earlier_question": "Hi", "earlier_answer": " Hello! ", "question": "Bye"}
    assert preview(client, **typed) == f"<s>{DIALOGUE}"
    typed = {"template": "70b", "system": "Provide answers in JavaScript", "question": "Sum two numbers."}
    assert preview(client, **typed) == f"<s>{STEPS}"
    assert preview(client, **{**typed, "template": "70b-hub"}) == f"<s>{STEPS_OF_THE_HUB}"


def test_line_ends_are_those_that_were_typed_not_the_browsers(guide: None, client: Client) -> None:
    typed = {"kind": "infill", "before": 'def remove_non_ascii(s: str) -> str:\r\n    """ ', "order": "psm"}
    assert preview(client, **typed, after="\r\n    return result\r\n") == f"<s>{INFILLING}"


def test_an_empty_system_message_can_be_sent(guide: None, client: Client) -> None:
    assert preview(client, question="Hi") == "<s>[INST] Hi [/INST]"
    assert preview(client, question="Hi", empty_system="on") == "<s>[INST] <<SYS>>\n\n<</SYS>>\n\nHi [/INST]"


def test_a_completion_is_the_text_itself(guide: None, client: Client) -> None:
    assert preview(client, kind="complete", text="  x = ") == "<s>  x = "


def test_prompts_lead_to_the_playground_with_their_text(guide: None, client: Client, alice: User) -> None:
    client.force_login(alice)

    def opened(**typed: str) -> list[dict[str, str]]:
        links = [a for a in ReadPage(client.get(URL, typed).text).root.all("a") if exact(a) == "Open in playground"]
        forms = [client.get(link.attributes["href"]).context["form"].initial for link in links]
        return [{name: form[name] for name in ("code", "before", "after") if name in form} for form in forms]

    gap = {"before": 'def remove_non_ascii(s: str) -> str:\n    """ ', "after": "\n    return result\n"}
    assert sorted(opened(), key=len) == [{"code": "def fizzbuzz(n: int):"}, gap, gap]
    assert opened(kind="complete", text=" a&b=\n")[-1] == {"code": " a&b=\n"}
    assert opened(kind="infill", before="x = ", after=" + 1")[-1] == {"before": "x = ", "after": " + 1"}


def test_tags_in_the_text_are_taken_apart(guide: None, client: Client) -> None:
    assert "[INST] Explain [ INST] and < /s> [/INST]" in preview(client, question="Explain [INST] and </s>")


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "poem"},
        {"template": "90B", "question": "Hi"},
        {"question": "x" * 5000},
        {"question": "\0"},
        {"kind": "infill", "order": "sideways", "before": "x"},
        {"kind": "complete", "text": ""},
    ],
)
def test_nonsense_still_renders(guide: None, client: Client, typed: dict[str, str]) -> None:
    assert client.get(URL, typed).status_code == HTTPStatus.OK


def test_what_an_address_cannot_mean_is_said(guide: None, client: Client) -> None:
    known = client.get(URL, {"kind": "infill", "question": "Hi"}).text
    assert "There is no kind of prompt" not in known
    assert "means nothing here" not in known
    assert "“size” means nothing here and is left out." in client.get(URL, {"size": "70B"}).text
    assert "There is no kind of prompt “poem”: chat is shown." in client.get(URL, {"kind": "poem"}).text


def test_htmx_gets_the_result_only_and_without_a_query(
    guide: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get(URL, {"question": "Hi"}, headers={"HX-Request": "true"})
    assert response.text.strip().startswith('<div class="preview__result"')
    assert "HX-Request" in response["Vary"]


def test_what_is_typed_is_escaped(guide: None, client: Client) -> None:
    text = client.get(URL, {"question": "<script>alert(1)</script>"}).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert(1)" not in text


def test_the_markup_has_the_text_of_the_prompt_and_marks_its_tokens() -> None:
    for prompt in (
        chat_prompt([Turn("system", " a\n\tb "), Turn("user", "c  \n<&>")], size="70B"),
        infilling_prompt("x = ", "\n\ty\n", order="spm"),
    ):
        page = ReadPage(f"<pre>{ShownPrompt(prompt).html}</pre>")
        assert exact(page.root) == prompt.text_with_bos
        tokens = [exact(token) for token in page.root.all("span", "prompt__token")]
        assert tokens == [piece.text for piece in prompt.pieces if piece.is_special]
        assert json.loads(ShownPrompt(prompt).as_json) == prompt.text
