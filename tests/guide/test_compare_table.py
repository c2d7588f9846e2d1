"""The table of the comparison: its rows and groups, what is merged or bold, and the notes of its figures."""

import re

from django.test import Client

from apps.guide.models import Fact, Status
from tests.guide.comparison_page import columns, read, row, table
from tests.guide.reading import Element, ReadPage


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
