"""The comparison: its table, the state in its address, and what it says about addresses that make no sense."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.guide.models import Fact, Gpu, Status
from tests.guide.reading import Element, ReadPage

URL = "/guide/compare/"
# Edition; page, sections, sources; models; facts, citations, readings and theirs; attributes; scores (3).
QUERIES = 13


def read(client: Client, query: str = "") -> ReadPage:
    return ReadPage(client.get(f"{URL}?{query}").text)


def table(page: ReadPage) -> Element:
    return page.section("side-by-side").all("table")[0]


def columns(page: ReadPage) -> list[str]:
    heads = table(page).all("thead")[0].all("th")[1:]
    return [head.all("a")[0].text for head in heads]


def row(page: ReadPage, label: str) -> Element:
    return next(
        line
        for line in table(page).all("tr")
        if line.all("th") and line.all("th")[0].attributes["scope"] == "row" and line.text.startswith(label)
    )


def notices(page: ReadPage) -> list[str]:
    return [notice.text for notice in page.section("side-by-side").all("p", "banner")]


def test_everybody_sees_the_usual_three_without_asking(guide: None, client: Client) -> None:
    assert client.get("/chat/").status_code == HTTPStatus.FOUND, "something must need a sign-in"
    page = read(client)
    assert columns(page) == ["Code Llama 7B", "Code Llama – Python 7B", "Code Llama – Instruct 7B"]
    assert notices(page) == []


def spans(line: Element) -> list[int]:
    return [int(cell.attributes.get("colspan", "1")) for cell in line.all("td")]


def note_of(page: ReadPage, mark: Element) -> str:
    """Return the text of the note that a mark opens."""
    anchor = mark.attributes["popovertarget"]
    (note,) = [item for item in page.root.all("li", "note") if item.attributes["id"] == anchor]
    return note.text


def test_it_is_a_real_table(guide: None, client: Client) -> None:
    found = table(read(client, "pick=7b-base&pick=70b-instruct"))
    assert found.all("caption")[0].text.startswith("Code Llama 7B, Code Llama – Instruct 70B side by side.")
    assert [head.attributes["scope"] for head in found.all("thead")[0].all("th")] == ["col"] * 3
    for body in found.all("tbody"):
        first, *rows = body.all("tr")
        assert first.all("th")[0].attributes["scope"] == "rowgroup"
        assert first.all("th")[0].attributes["colspan"] == "3"
        assert rows
        assert [line.all("th")[0].attributes["scope"] for line in rows] == ["row"] * len(rows)
        assert [sum(spans(line)) for line in rows] == [2] * len(rows)
    groups = [body.all("th")[0].text for body in found.all("tbody")]
    assert groups[:3] == ["What it can do", "Context", "HumanEval"]


def test_names_of_rows_show_what_their_heading_does_not_say(guide: None, client: Client) -> None:
    page = read(client)
    shown = {}
    for label in (
        "HumanEval, pass@10",
        "MultiPL-E, Java",
        "Key found in 16,000 tokens, after a fifth",
        "GSM8K",
        "Layers",
    ):
        name = row(page, label).all("button", "compare__name")[0]
        hidden = "".join(part.text for part in name.all("span", "visually-hidden"))
        shown[label] = name.text.removeprefix(hidden).strip()
    assert list(shown.values()) == ["pass@10", "Java", "16,000 tokens, after a fifth", "GSM8K", "Layers"]


def test_rarely_needed_groups_start_folded_with_their_count(guide: None, client: Client) -> None:
    def folded(query: str) -> set[str]:
        heads = table(read(client, query)).all("th", "table__group")
        return {head.text for head in heads if "checked" not in head.all("input")[0].attributes}

    assert {"Key retrieval 9 rows", "Architecture 12 rows"} <= folded("")
    assert not {"HumanEval 3 rows", "HumanEval", "Memory"} & folded("")
    assert "Architecture 12 rows" not in folded("sort=-layers"), "the row that sorts is in sight"


def test_a_card_of_a_filter_is_one_of_the_table(guide: None, client: Client) -> None:
    Gpu.objects.update(usable_gib=13)
    page = read(client, "can=card-24&size=7b")
    assert "No model meets all of these filters." in page.text, "a tenth of 13 GiB is reserved: 12.55 do not fit"


def test_every_figure_says_what_it_rests_on_and_when_it_was_checked(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base&pick=70b-instruct")
    kinds = "Vendor’s statement|Paper’s result|Computed here|Measured here|Our judgement"
    basis = re.compile(rf"({kinds}).* ?checked \d+ \w+ \d{{4}}")
    rows = [line for line in table(page).all("tr") if line.all("td")]
    assert len(rows) > 60
    for line in rows:
        of_row = "".join(said.text for said in line.all("p", "note__basis"))
        for figure in line.all("span", "figure"):
            said = [note_of(page, mark) for mark in figure.all("button", "mark")]
            no_figure = "No figure found" in figure.text
            assert no_figure or all(basis.search(note) for note in said or [of_row]), line.text
    targets = {link.attributes["href"].removeprefix("#") for link in page.root.all("a", "cite")}
    assert targets <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_metric_and_examples_stand_at_each_score(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base&pick=70b-instruct")
    names = [
        row(page, label).all("th")[0].text for label in ("APPS, introductory", "MBPP, pass@1", "HumanEval, pass@1")
    ]
    assert ["pass@5" in names[0], "2-shot" in names[0]] == [True, True]
    assert "3-shot" in names[1]
    assert "0-shot" in names[2]


def test_columns_that_say_the_same_are_merged(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base&pick=7b-python&pick=7b-instruct")
    assert spans(row(page, "Layers")) == [3]
    assert spans(row(page, "Prompt format")) == [2, 1]
    assert spans(row(page, "HumanEval, pass@1")) == [1, 1, 1]
    apart = read(client, "pick=7b-base&pick=7b-instruct&pick=7b-python")
    assert spans(row(apart, "Prompt format")) == [1, 1, 1], "only neighbours are merged"


def test_a_reservation_is_not_shared_with_a_neighbour(guide: None, client: Client) -> None:
    infilling = row(read(client, "pick=7b-base&pick=13b-instruct"), "Fills in the middle")
    assert [cell.text.split()[0] for cell in infilling.all("td")] == ["yes", "yes"]
    assert ["Sources disagree" in cell.text for cell in infilling.all("td")] == [False, True]


def test_the_best_of_a_row_is_bold(guide: None, client: Client) -> None:
    page = read(client, "pick=34b-base&pick=13b-instruct&pick=70b-python")
    best = {
        label: [found.text for found in row(page, label).all("strong")] for label in ("HumanEval, pass@1", "Layers")
    }
    assert best == {"HumanEval, pass@1": ["57.3"], "Layers": []}
    assert [found.text for found in row(page, "Weights at 16 bits").all("strong")] == ["24.24"], "less is better here"


def test_the_switch_counts_the_rows_that_differ(guide: None, client: Client) -> None:
    for query in ("", "&only=differences"):
        page = read(client, f"pick=7b-base&pick=7b-python{query}")
        count = re.search(r"\((\d+) of (\d+) rows\)", page.root.all("label", "compare-form__switch")[0].text)
        assert count is not None
        shown = [line for line in table(page).all("tr") if line.all("td")]
        assert len(shown) == int(count[1] if query else count[2])


def test_conflicts_are_shown_as_conflicts(guide: None, client: Client) -> None:
    assert Fact.objects.filter(status=Status.CONFLICT, model__slug="70b-instruct").exists()
    page = read(client, "pick=7b-base&pick=70b-instruct")
    cell = row(page, "Fills in the middle").all("td")[1]
    assert "Sources disagree" in cell.text
    assert "Another source says" in note_of(page, cell.all("button", "mark")[0])


def test_known_figures_stand_where_they_belong(guide: None, client: Client) -> None:
    page = read(client, "pick=34b-base&pick=13b-instruct&pick=70b-python")
    assert [cell.text for cell in row(page, "HumanEval").all("td")] == ["48.8", "42.7", "57.3"]
    assert [cell.text.split()[0] for cell in row(page, "KV cache per token").all("td")] == ["192", "800", "320"]


def test_a_variant_stands_for_its_four_models(guide: None, client: Client) -> None:
    page = read(client, "pick=base&pick=python")
    assert columns(page) == ["Code Llama (Base)", "Code Llama – Python"]
    infilling = row(page, "Fills in the middle").all("td")[0]
    assert "34B no" in infilling.text
    layers = row(page, "Layers").all("td")[0]
    sized = [" ".join(part.text.split()[:2]) for part in layers.all("span", "figure")]
    assert sized == ["7B 32", "13B 40", "34B 48", "70B 80"]
    head_size = row(page, "Head size").all("td")[0]
    assert [part.text.split()[0] for part in head_size.all("span", "figure")] == ["128"]


def test_differences_only_leaves_out_what_is_alike(guide: None, client: Client) -> None:
    everything = table(read(client, "pick=7b-base&pick=7b-python"))
    assert "Head size" in everything.text
    different = table(read(client, "pick=7b-base&pick=7b-python&only=differences"))
    assert "Head size" not in different.text
    assert "Vocabulary" in different.text
    hidden = re.search(r"(\d+) rows in which they are alike are left out", different.text)
    assert hidden is not None
    left_out = [line for line in everything.all("tr") if line.all("td")][int(hidden[1]) :]
    assert len(left_out) == len([line for line in different.all("tr") if line.all("td")])
    assert {len(line.all("td")) for line in different.all("tr") if line.all("td")} == {2}


def test_columns_are_sorted_by_a_row(guide: None, client: Client) -> None:
    picks = "pick=34b-instruct&pick=7b-base&pick=13b-instruct"
    page = read(client, f"{picks}&sort=-humaneval-pass-1")
    assert columns(page) == ["Code Llama – Instruct 13B", "Code Llama – Instruct 34B", "Code Llama 7B"]
    assert row(page, "HumanEval").all("th")[0].attributes["aria-sort"] == "descending"
    page = read(client, f"{picks}&sort=kv-per-token")
    assert columns(page)[0] == "Code Llama – Instruct 34B"
    assert row(page, "KV cache per token").all("th")[0].attributes["aria-sort"] == "ascending"


def test_what_has_no_figure_comes_last_either_way(guide: None, client: Client) -> None:
    for sort in ("apps-introductory", "-apps-introductory"):
        page = read(client, f"pick=70b-base&pick=7b-base&pick=13b-base&sort={sort}")
        assert columns(page)[-1] == "Code Llama 70B"


def test_sort_links_keep_the_rest_of_the_state(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base&pick=13b-base&only=differences&task=infill")
    link = row(page, "Layers").all("p", "compare__sorts")[0].all("a")[0]
    assert link.attributes["href"].endswith("#row-layers"), "without JavaScript, the row stays in sight"
    again = ReadPage(client.get(URL + link.attributes["href"].partition("#")[0]).text)
    assert columns(again) == ["Code Llama 7B", "Code Llama 13B"]
    assert "left out" in table(again).all("caption")[0].text
    assert row(again, "Layers").all("th")[0].attributes["aria-sort"] == "ascending"


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("size=34b", {"base", "python", "instruct", "34b-base", "34b-python", "34b-instruct"}),
        ("task=infill&size=7b", {"base", "instruct", "7b-base", "7b-instruct"}),
        ("task=chat&size=7b,13b", {"instruct", "7b-instruct", "13b-instruct"}),
        ("can=long&size=70b", {"base", "70b-base"}),
        ("can=card-24&task=chat", {"instruct", "7b-instruct"}),
        ("can=card-80&task=chat&size=34b&size=70b", {"instruct", "34b-instruct"}),
    ],
)
def test_filters_narrow_what_is_offered(guide: None, client: Client, query: str, offered: set[str]) -> None:
    page = read(client, query)
    boxes = [box.attributes for box in page.root.all("input") if box.attributes.get("name") == "pick"]
    assert {box["value"] for box in boxes} == offered
    checked = [box["value"] for box in boxes if "checked" in box]
    assert set(checked) == {slug for slug in offered if "-" in slug}, "the models offered are compared"


def test_filters_that_nothing_meets_say_so(guide: None, client: Client) -> None:
    page = read(client, "can=card-24&size=70b")
    assert "No model meets all of these filters." in page.text
    assert page.section("side-by-side").all("table") == []


def test_what_was_picked_stays_whatever_the_filters(guide: None, client: Client) -> None:
    assert columns(read(client, "pick=70b-python&pick=7b-base&task=infill")) == [
        "Code Llama – Python 70B",
        "Code Llama 7B",
    ]


def test_more_than_four_is_a_sentence(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base,13b-base,34b-base,70b-base,7b-python")
    assert notices(page) == ["At most 4 fit side by side: the first 4 are shown."]
    assert len(columns(page)) == 4


def test_one_alone_is_a_sentence(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base")
    assert notices(page) == ["One alone is nothing to compare: pick two to four."]
    assert columns(page) == ["Code Llama 7B"]


def test_what_makes_no_sense_is_left_out_with_a_notice(guide: None, client: Client) -> None:
    for nonsense in [
        "pick=gpt-4",
        "colour=blue",
        "task=dance",
        "size=9b",
        "can=fly",
        "only=everything",
        "sort=beauty",
        "pick=%00%0a",
        "pick=" + "x" * 3000,
        "sort=-",
    ]:
        told = client.get(f"/guide/compare.json?{nonsense}").json()
        assert len(told["notices"]) == 1, nonsense
        assert [column["slug"] for column in told["columns"]] == ["7b-base", "7b-python", "7b-instruct"], nonsense


def test_notices_repeat_no_markup(guide: None, client: Client) -> None:
    response = client.get(f"{URL}?%3Cscript%3E=1&pick=7b-base,13b-base")
    assert response.status_code == HTTPStatus.OK
    assert notices(ReadPage(response.text)) == ["“<script>” means nothing here and was left out."]


def test_the_same_twice_is_once(guide: None, client: Client) -> None:
    assert columns(read(client, "pick=7b-base&pick=7B-BASE,13b-base")) == ["Code Llama 7B", "Code Llama 13B"]


def test_it_works_without_javascript(guide: None, client: Client) -> None:
    form = read(client).root.all("form", "compare-form")[0]
    assert form.attributes["method"] == "get"
    assert form.attributes["action"] == URL
    assert "submit" in [button.attributes["type"] for button in form.all("button")]


def test_it_costs_the_same_few_queries_whatever_is_picked(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ["pick=7b-base&pick=70b-instruct", "pick=base&pick=python&pick=instruct&pick=70b-base"]:
        with django_assert_num_queries(QUERIES):
            client.get(f"{URL}?{query}")


@pytest.mark.parametrize("path", [URL, "/guide/compare.csv", "/guide/compare.json"])
def test_who_has_it_gets_304(guide: None, client: Client, path: str) -> None:
    first = client.get(f"{path}?pick=7b-base&pick=13b-base")
    again = client.get(f"{path}?pick=7b-base&pick=13b-base", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


def test_an_edit_is_seen_at_once(guide: None, client: Client) -> None:
    first = client.get(URL)
    Fact.objects.filter(model__slug="7b-base", attribute__slug="layers").update(text="Edited just now")
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == HTTPStatus.OK
    assert "Edited just now" in again.text


def test_it_needs_no_inline_style_or_script(guide: None, client: Client) -> None:
    text = client.get(URL).text
    assert "compare__table" in text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
