"""The benchmarks' page as everybody reads it: charts, tables, and where the pattern breaks."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.guide.models import Benchmark, CodeModel, Score, StatementKind
from tests.guide.reading import Element, ReadPage

URL = "/guide/benchmarks/"
# Edition, page and sections (2), its sources, benchmarks, scores, citations, all sources.
QUERIES = 8


def read(client: Client, query: str = "") -> ReadPage:
    response = client.get(URL + query)
    assert response.status_code == HTTPStatus.OK
    return ReadPage(response.text)


def breaks(section: Element) -> list[str]:
    return [sentence.text for box in section.all("div", "benchmarks-breaks") for sentence in box.all("dd")]


def scores(section: Element) -> dict[str, list[str]]:
    rows = section.all("table")[0].all("tr")
    return {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in rows}


def test_everybody_may_read_it(guide: None, client: Client) -> None:
    assert client.get("/chat/").status_code == HTTPStatus.FOUND, "something must need a sign-in"
    page = read(client)
    headings = [heading.attributes["id"] for heading in page.root.all("h2") if "id" in heading.attributes]
    assert {"humaneval", "mbpp", "multipl-e", "humaneval-infilling", "measured", "limits"} <= set(headings)
    assert len(page.ids) == len(set(page.ids))


def test_where_humaneval_breaks_the_pattern(guide: None, client: Client) -> None:
    assert breaks(read(client).section("humaneval")) == [
        "Instruct 34B (41.5) scores 1.2 below Instruct 13B (42.7).",
        "Python 70B (57.3) scores 10.5 below Instruct 70B (67.8).",
        "Instruct 34B (41.5) scores 7.3 below Base 34B (48.8).",
    ]


def test_where_mbpp_breaks_the_pattern(guide: None, client: Client) -> None:
    assert breaks(read(client).section("mbpp")) == [
        "Python 13B (49.0) scores 0.4 below Instruct 13B (49.4).",
        "Python 34B (56.2) scores 0.8 below Instruct 34B (57.0).",
        "Instruct 70B (62.2) scores 0.2 below Base 70B (62.4).",
    ]


def test_where_other_languages_break_the_pattern(guide: None, client: Client) -> None:
    assert breaks(read(client).section("multipl-e")) == [
        "Python 34B (35.1) scores 1.3 below Base 34B (36.4).",
        "Python 70B (45.0) scores 0.3 below Base 70B (45.3).",
        "Instruct 7B (25.8) scores 0.5 below Base 7B (26.3).",
        "Instruct 34B (36.1) scores 0.3 below Base 34B (36.4).",
    ]


def test_where_infilling_breaks_the_pattern(guide: None, client: Client) -> None:
    assert breaks(read(client).section("humaneval-infilling")) == [
        "Base 7B, Random span: PSM (59.7) scores 20.7 above SPM (39.0).",
        "Base 13B, Random span: PSM (63.6) scores 21.7 above SPM (41.9).",
    ]


def test_another_way_of_scoring_is_chosen_in_the_url(guide: None, client: Client) -> None:
    section = read(client, "?measure=mbpp-pass-100").section("mbpp")
    assert "Python 70B only equals Base 70B (91.9)." in breaks(section)
    (current,) = [link for link in section.all("a") if link.attributes.get("aria-current")]
    assert current.text == "pass@100"
    assert "Instruct 34B (41.5)" in read(client, "?measure=mbpp-pass-100").section("humaneval").text


def test_breaks_follow_an_edited_score(guide: None, client: Client) -> None:
    Score.objects.filter(benchmark__slug="humaneval-pass-1", model__slug="34b-instruct").update(number="50")
    assert breaks(read(client).section("humaneval")) == ["Python 70B (57.3) scores 10.5 below Instruct 70B (67.8)."]


def test_the_differences_are_computed(guide: None, client: Client) -> None:
    rows = read(client).section("humaneval").all("table")[1].all("tr")
    assert [[cell.text for cell in [*row.all("th"), *row.all("td")]] for row in rows[1:]] == [
        ["Python − Base", "+4.9", "+7.3", "+4.9", "+4.3"],
        ["Instruct − Base", "+1.3", "+6.7", "−7.3", "+14.8"],
        ["Instruct − Python", "−3.6", "−0.6", "−12.2", "+10.5"],
    ]


def test_every_score_stands_in_the_table_with_its_source(guide: None, client: Client) -> None:
    section = read(client).section("humaneval")
    table = scores(section)
    assert table["I Instruct 70B"] == ["67.8", "90.3", "97.3"]
    assert table["GPT-4"] == ["67.0", "not in the paper", "not in the paper"]
    assert "Source 1, T2" in section.all("caption")[0].text
    assert "Paper’s result, checked 22 November 2026" in section.all("figcaption")[0].text
    shown = sum(cell != "not in the paper" for row in table.values() for cell in row)
    assert shown == Score.objects.filter(benchmark__suite="HumanEval").count() > 36


def test_metric_and_examples_stand_at_each_column(guide: None, client: Client) -> None:
    page = read(client)
    headings = {
        suite: [cell.text for cell in page.section(suite).all("thead")[0].all("th")][1:]
        for suite in ("humaneval", "mbpp", "apps", "multipl-e")
    }
    assert headings["humaneval"] == ["pass@1 0-shot", "pass@10 0-shot", "pass@100 0-shot"]
    assert headings["mbpp"][0] == "pass@1 3-shot"
    assert headings["apps"][0] == "Introductory, pass@5 2-shot"
    assert headings["multipl-e"][:2] == ["Python pass@1, 0-shot", "C++ pass@1, 0-shot"]
    assert "every published score" not in page.text


def test_each_chart_is_said_in_words(guide: None, client: Client) -> None:
    panels = read(client).section("humaneval").all("svg", "benchmarks-panel")
    assert [panel.all("title")[0].text for panel in panels] == [
        "HumanEval, Base",
        "HumanEval, Python",
        "HumanEval, Instruct",
    ]
    for panel in panels:
        named = panel.attributes["aria-labelledby"].split()
        assert [panel.all(tag)[0].attributes["id"] for tag in ("title", "desc")] == named
    assert panels[2].all("desc")[0].text == "7B 34.8, 13B 42.7, 34B 41.5, 70B 67.8."
    assert "41.5 ▾" in panels[2].text


def test_one_benchmark_and_some_variants(guide: None, client: Client) -> None:
    page = read(client, "?suite=mbpp&variant=base&variant=instruct")
    assert page.root.all("caption")[0].text.startswith("MBPP: scores in the paper")
    assert "humaneval" not in page.ids
    assert [row.all("th")[0].text for row in page.section("mbpp").all("table")[1].all("tr")] == [
        "Comparison",
        "Instruct − Base",
    ]
    assert [panel.attributes["data-variant"] for panel in page.root.all("svg", "benchmarks-panel")] == [
        "base",
        "instruct",
    ]
    assert breaks(page.section("mbpp")) == ["Instruct 70B (62.2) scores 0.2 below Base 70B (62.4)."]
    (pass_10,) = [link for link in page.root.all("a") if link.text == "pass@10"]
    assert pass_10.attributes["href"] == "?measure=mbpp-pass-10&suite=mbpp&variant=base&variant=instruct#mbpp"


def test_three_benchmarks_come_first_and_the_others_are_folded(guide: None, client: Client) -> None:
    page = read(client)
    (more,) = page.root.all("details", "benchmarks-more")
    assert more.all("summary")[0].text.startswith("8 more benchmarks: HumanEval infilling, Single-line infilling,")
    folded = [section.attributes["aria-labelledby"] for section in more.all("section")]
    shown = [section.attributes["aria-labelledby"] for section in page.root.all("section")]
    assert [slug for slug in shown if slug not in folded][:3] == ["humaneval", "mbpp", "multipl-e"]
    assert "apps" in folded
    assert "open" not in more.attributes


def test_a_chosen_benchmark_or_score_is_not_folded(guide: None, client: Client) -> None:
    page = read(client, "?suite=apps")
    assert page.root.all("details", "benchmarks-more") == []
    assert all("open" in fold.attributes for fold in page.section("apps").all("details"))
    (more,) = read(client, "?measure=apps-interview").root.all("details", "benchmarks-more")
    assert "open" in more.attributes
    (more,) = read(client, "?measure=mbpp-pass-100").root.all("details", "benchmarks-more")
    assert "open" not in more.attributes


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?suite=sums", "There is no benchmark “sums”; it is left out."),
        ("?benchmark=mbpp", "“benchmark” means nothing here and is left out."),
        ("?variant=base&variant=java", "There is no variant “java”; it is left out."),
        ("?measure=%3Cb%3E", "There is no score “<b>”; the usual ones are shown."),
    ],
)
def test_what_a_url_cannot_mean_is_said(guide: None, client: Client, query: str, sentence: str) -> None:
    page = read(client, query)
    assert [banner.text for banner in page.root.all("div", "banner")] == [sentence]
    assert page.section("humaneval")


def test_it_costs_the_same_few_queries(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        client.get(URL)
    extra = Benchmark.objects.create(slug="more", label="More", suite="More", metric="pass@1", language="Rust")
    Score.objects.bulk_create(
        Score(benchmark=extra, model=model, number=50, kind=StatementKind.PAPER) for model in CodeModel.objects.all()
    )
    with django_assert_num_queries(QUERIES):
        assert 'id="more"' in client.get(URL).text


def test_who_has_it_gets_304(guide: None, client: Client) -> None:
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
