"""The comparison as CSV and JSON: the same state, with sources, and safe to open in a spreadsheet."""

import csv
import io

import pytest
from django.test import Client

from apps.guide.comparing.downloads import safe
from apps.guide.models import Fact

PICKS = "pick=34b-base&pick=70b-instruct"


def lines(client: Client, query: str) -> list[dict[str, str]]:
    response = client.get(f"/guide/compare.csv?{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="code-llama-comparison.csv"'
    return list(csv.DictReader(io.StringIO(response.text)))


def test_csv_has_the_figures_and_what_they_rest_on(guide: None, client: Client) -> None:
    found = {line["Figure"]: line for line in lines(client, PICKS)}
    assert list(found["Layers"]) == [
        "Group",
        "Figure",
        "Unit",
        "Code Llama 34B",
        "Code Llama 34B: rests on",
        "Code Llama – Instruct 70B",
        "Code Llama – Instruct 70B: rests on",
    ]
    kv = found["KV cache per token at 16 bits"]
    assert (kv["Unit"], kv["Code Llama 34B"], kv["Code Llama – Instruct 70B"]) == ("KiB", "192", "320")
    assert "Computed here" in kv["Code Llama 34B: rests on"]
    assert "checked 2026-11-22" in kv["Code Llama 34B: rests on"]
    disputed = found["Fills in the middle"]["Code Llama – Instruct 70B: rests on"]
    assert "sources disagree: no: 7B and 13B Base only" in disputed
    assert "<https://arxiv.org/abs/2308.12950v3>" in disputed


def test_downloads_follow_the_state(guide: None, client: Client) -> None:
    everything = lines(client, PICKS)
    different = lines(client, f"{PICKS}&only=differences")
    assert "Head size" in {line["Figure"] for line in everything}
    assert "Head size" not in {line["Figure"] for line in different}
    assert {line["Group"] for line in everything}.isdisjoint({"Notice"})
    notice = lines(client, f"{PICKS}&pick=9b")[-1]
    assert (notice["Group"], notice["Figure"]) == ("Notice", "There is no model or variant “9b”; it was left out.")
    told = client.get(f"/guide/compare.json?{PICKS}&only=differences&sort=-parameters").json()
    assert [column["slug"] for column in told["columns"]] == ["70b-instruct", "34b-base"]
    assert told["rows_left_out"] == len(everything) - len(different)
    assert sum(len(group["rows"]) for group in told["groups"]) == len(different)


def test_json_has_numbers_sources_and_conflicts(guide: None, client: Client) -> None:
    told = client.get(f"/guide/compare.json?{PICKS}&pick=gpt-4").json()
    assert len(told["notices"]) == 1
    rows = {row["slug"]: row for group in told["groups"] for row in group["rows"]}
    base, instruct = rows["kv-per-token"]["cells"]
    assert (base["column"], base["figures"][0]["number"]) == ("34b-base", 192)
    assert instruct["figures"][0]["sources"]
    infilling = rows["infilling"]["cells"][1]["figures"][0]
    assert infilling["status"] == "conflict"
    assert len(infilling["conflicts"]) == 3
    assert all(conflict["sources"] for conflict in infilling["conflicts"])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("-7.3", "-7.3"),
        ("+4.9", "+4.9"),
        ("33.5", "33.5"),
        ("Python", "Python"),
        ("", ""),
    ],
)
def test_no_spreadsheet_runs_it(text: str, written: str) -> None:
    assert safe(text) == written


def test_formulas_in_content_are_defused(guide: None, client: Client) -> None:
    Fact.objects.filter(model__slug="34b-base", attribute__slug="layers").update(text='=HYPERLINK("http://x")')
    line = next(line for line in lines(client, PICKS) if line["Figure"] == "Layers")
    assert line["Code Llama 34B"] == '\'=HYPERLINK("http://x")'
