"""The pages of the twelve models: every fact and score with what it rests on, conflicts as conflicts."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, Observation
from apps.guide.models import CodeModel, Fact, Score
from apps.guide.navigation import MODEL_ROWS
from tests.guide.reading import Element, ReadPage

URL = "/guide/models/7b-instruct/"
SLUGS = [entry.slug for row in MODEL_ROWS for _, entry in row.entries]


def read(client: Client, slug: str) -> ReadPage:
    return ReadPage(client.get(f"/guide/models/{slug}/").text)


def test_there_is_a_page_for_every_model_and_no_other(guide: None, client: Client) -> None:
    assert sorted(SLUGS) == sorted(CodeModel.objects.values_list("slug", flat=True))
    assert client.get("/guide/models/8b-base/").status_code == HTTPStatus.NOT_FOUND


def test_each_shows_all_its_facts_and_scores(guide: None, client: Client) -> None:
    for slug in SLUGS:
        page = read(client, slug)
        facts = Fact.objects.filter(model__slug=slug).select_related("attribute")
        assert len(facts) > 30
        assert [fact for fact in facts if fact.text not in page.text or fact.attribute.slug not in page.ids] == []
        scores = Score.objects.filter(model__slug=slug).select_related("benchmark")
        shown = page.section("scores").text
        assert len(scores) >= 12
        said = {score: f"{score.benchmark.full_label} {score.number.normalize():f}" for score in scores}
        assert [score for score, text in said.items() if text not in shown] == []


def test_numbers_have_their_places_and_units(guide: None, client: Client) -> None:
    page = read(client, "7b-base")
    assert "HumanEval, pass@1, 0-shot 33.5 %" in page.section("scores").text
    assert "MultiPL-E, Bash, pass@1, 0-shot 12.0 %" in page.section("scores").text
    assert "500 billion tokens" in page.text
    assert "Python training" in page.text
    assert "none tokens" not in page.text


def note_of(page: ReadPage, mark: Element) -> str:
    """Return the text of the note that a mark opens."""
    anchor = mark.attributes["popovertarget"]
    (note,) = [item for item in page.root.all("li", "note") if item.attributes["id"] == anchor]
    return note.text


def test_every_statement_says_what_it_rests_on_and_when_it_was_checked(guide: None, client: Client) -> None:
    page = read(client, "70b-base")
    kinds = re.compile("Vendor’s statement|Paper’s result|Computed here|Our judgement")
    rows = [row for table in page.root.all("table", "known") for row in table.all("tbody")[0].all("tr")]
    assert len(rows) > 50
    for table in page.root.all("table", "known"):
        of_all = [mark for caption in table.all("caption") for mark in caption.all("button", "mark")]
        for row in table.all("tbody")[0].all("tr"):
            marks = row.all("button", "mark") or of_all
            said = [note_of(page, mark) for mark in marks]
            assert said, row.text
            assert all(kinds.search(note) for note in said), row.text
            assert all("checked" in note or "Our judgement" in note for note in said), row.text
    links = {link.attributes["href"].removeprefix("#") for link in page.root.all("a", "cite")}
    assert len(links) > 5
    assert links <= set(page.ids)


def test_the_figures_that_people_look_for_come_first(guide: None, client: Client) -> None:
    strip = read(client, "34b-base").root.all("dl", "strip")[0]
    figures = {item.all("dt")[0].text: item.all("dd")[0] for item in strip.all("div", "strip__figure")}
    said = {label: re.sub(r"[ ,]*\d+†?$", "", figure.text) for label, figure in figures.items()}
    assert said["Parameters"] == "33.74 billion"
    assert said["Context to plan for"].startswith("16,384 tokens")
    assert said["HumanEval"] == "48.8 %, pass@1, 0-shot"
    assert figures["Weights at 4 / 16 bits"].text.startswith("16.45 / 62.85 GiB")
    assert said["Licence"] == "Llama 2 Community License"
    assert all(figure.all("button", "mark") for figure in figures.values())


def test_conflicts_are_shown_as_conflicts(guide: None, client: Client) -> None:
    page = read(client, "70b-base")
    (infilling,) = [row for row in page.root.all("tr") if row.attributes.get("id") == "infilling"]
    assert "Sources disagree" in infilling.text
    assert "Another source says: no" in note_of(page, infilling.all("button", "mark")[0])
    agreed = next(row for row in read(client, "7b-base").root.all("tr") if row.attributes.get("id") == "layers")
    assert "Sources disagree" not in agreed.text


def test_contents_lead_to_headings(guide: None, client: Client) -> None:
    page = read(client, "34b-python")
    contents = page.root.all("nav", "guide__here")[0]
    targets = [link.attributes["href"].removeprefix("#") for link in contents.all("a")]
    assert targets == [heading.attributes["id"] for heading in page.root.all("article")[0].all("h2")]
    assert len(page.ids) == len(set(page.ids))


def test_its_commands_name_the_model(guide: None, client: Client) -> None:
    commands = [found.text for found in read(client, "13b-python").section("run").all("pre")]
    assert len(commands) == 2
    assert all("--model-id codellama/CodeLlama-13b-Python-hf" in command for command in commands)
    assert "--max-total-tokens 16384" in read(client, "70b-base").section("run").text
    assert "--max-total-tokens 4096" in read(client, "70b-python").section("run").text


@pytest.fixture
def served(db: None) -> Endpoint:
    """An endpoint that serves 7B Instruct, and three of its replies."""
    endpoint = Endpoint.objects.create(
        name="gpu-one", url="http://10.9.8.7:8080", protocol="tgi", variant="instruct", size="7B", health="healthy"
    )
    for seconds, speed in ((0.2, 30.0), (0.4, None), (2.5, 50.0)):
        Observation.objects.create(
            endpoint=endpoint, kind="traffic", ok=True, seconds_to_first_token=seconds, tokens_per_second=speed
        )
    long_ago = timezone.now() - timedelta(days=3)
    Observation.objects.create(endpoint=endpoint, kind="probe", ok=True, seconds_to_first_token=9, at=long_ago)
    Observation.objects.create(endpoint=endpoint, kind="probe", ok=False, seconds_to_first_token=9)
    return endpoint


def test_without_an_endpoint_nothing_is_measured_and_nothing_can_be_tried(guide: None, client: Client) -> None:
    page = read(client, "7b-instruct")
    assert "No endpoint here serves this model" in page.section("measured").text
    assert "Try it" not in page.text


def test_an_endpoint_s_own_medians_are_shown(guide: None, client: Client, served: Endpoint) -> None:
    page = read(client, "7b-instruct")
    (row,) = page.section("measured").all("tbody")[0].all("tr")
    assert [cell.text for cell in row.all("td")] == ["0.40 s", "40.0", "3"]
    assert "No endpoint here" in read(client, "13b-instruct").section("measured").text


def test_the_chat_opens_with_a_question_that_is_not_sent(
    guide: None, client: Client, served: Endpoint, alice: User
) -> None:
    (link,) = [found for found in read(client, "7b-instruct").root.all("a") if "Try it" in found.text]
    client.force_login(alice)
    chat = ReadPage(client.get(link.attributes["href"]).text)
    (composer,) = [box for box in chat.root.all("textarea") if box.attributes.get("name") == "message"]
    assert composer.text.startswith("Write a Python function that takes a URL")
    assert alice.conversations.count() == 0


def test_a_server_that_does_not_answer_is_not_offered(guide: None, client: Client, served: Endpoint) -> None:
    assert "Try it" in read(client, "7b-instruct").text
    Endpoint.objects.filter(pk=served.pk).update(health="down", retry_at=timezone.now())
    page = read(client, "7b-instruct")
    assert "Try it" not in page.text
    assert "Does not answer now" in page.text


def test_the_list_says_which_is_served_here(guide: None, client: Client, served: Endpoint) -> None:
    rows = ReadPage(client.get("/guide/models/").text).root.all("table", "models")[0].all("tbody")[0].all("tr")
    said = [row.all("a")[0].text for row in rows if "Served here" in row.text]
    assert said == ["Code Llama – Instruct 7B"]


def test_addresses_are_nobody_s_and_names_only_for_people_who_are_signed_in(
    guide: None, client: Client, served: Endpoint, alice: User
) -> None:
    assert "gpu-one" not in client.get(URL).text
    client.force_login(alice)
    text = client.get(URL).text
    assert "gpu-one" in text
    assert "10.9.8.7" not in text


# The model, its facts with citations, readings and theirs, its scores with citations, the note, sources, measurements.
@pytest.mark.parametrize("slug", ["7b-base", "70b-instruct"])
def test_it_costs_the_same_few_queries(
    anew: None, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, slug: str
) -> None:
    with django_assert_max_num_queries(12):
        client.get(f"/guide/models/{slug}/")


def test_the_list_shows_all_of_them_in_few_queries(
    anew: None, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(15):
        page = ReadPage(client.get("/guide/models/").text)
    rows = page.root.all("table", "models")[0].all("tbody")[0].all("tr")
    assert [row.all("a")[0].attributes["href"] for row in rows] == [f"/guide/models/{slug}/" for slug in SLUGS]
    assert "36.0" in rows[1].text
    assert [len(cell.all("button", "mark")) for row in rows for cell in row.all("td")] == [1] * 48
    assert "67.8" in rows[-1].text
    assert "4,096" in rows[-1].text
