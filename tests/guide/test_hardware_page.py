"""The hardware calculator as a page: its state in the URL, its figures, and what it does with what it cannot read."""

from html import unescape
from http import HTTPStatus

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.guide.hardware.answer import answer
from apps.guide.hardware.fit import Verdict
from apps.guide.hardware.forms import read as read_question
from apps.guide.hardware.selectors import read_known
from apps.guide.models import Gpu
from tests.guide.reading import Element, ReadPage

URL = "/guide/hardware/"
# Edition, page and sections (2), its sources, models, shapes, facts (2), quantizations (2), GPUs (2), servers (2), all
# sources.
QUERIES = 15
SMALL = {"model": "7b-instruct", "weights": "fp16", "context": "8192", "gpu": "rtx-3090"}


def read(client: Client, **question: str) -> ReadPage:
    response = client.get(URL, question)
    assert response.status_code == HTTPStatus.OK
    return ReadPage(response.text)


def verdict(page: ReadPage) -> str:
    return page.root.all("p", "hardware-verdict")[0].text


def banners(page: ReadPage) -> list[str]:
    return [banner.text for banner in page.root.all("div", "banner")]


def errors(page: ReadPage) -> list[str]:
    """Return the errors at the form's fields."""
    return [error.text for error in page.root.all("ul", "errorlist")]


def cautions(page: ReadPage) -> dict[str, str]:
    """Return the cautions by name."""
    found = [item for item in page.root.all("li") if "data-caution" in item.attributes]
    return {item.attributes["data-caution"]: item.text for item in found}


def table(page: ReadPage, css_class: str) -> list[list[str]]:
    (found,) = page.root.all("table", css_class)
    return [[cell.text for cell in cells(row)] for row in found.all("tr")]


def cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element)]


def command(page: ReadPage) -> str:
    """The first command, on one line."""
    return " ".join(page.root.all("pre", "hardware-command")[0].text.replace("\\", " ").split())


def test_everybody_may_reckon(guide: None, client: Client) -> None:
    assert client.get("/chat/").status_code == HTTPStatus.FOUND, "something must need a sign-in"
    assert verdict(read(client)).startswith("Fits: ")


def test_the_figures_of_a_case_worked_out_by_hand(guide: None, client: Client) -> None:
    # 23.6 GiB, of which 12.55 are weights, 8,192 × 512 KiB = 4 the cache, and 2.36 the reserve.
    page = read(client, **SMALL)
    assert verdict(page).startswith("Fits: 4.69 GiB (19.9 %) left over.")
    assert table(page, "hardware-parts")[1:] == [
        ["W Weights", "12.55", "13.48", "53.2 %"],
        ["K KV cache", "4.00", "4.29", "16.9 %"],
        ["R Reserve", "2.36", "2.53", "10.0 %"],
        ["Left over", "4.69", "5.03", "19.9 %"],
    ]
    assert "room for 17,794 tokens in all: 2 sequences of 8,192" in page.text


def test_the_formula_stands_there_with_the_numbers_in_it(guide: None, client: Client) -> None:
    steps = page_steps(read(client, model="34b-base", context="16384", sequences="4"))
    assert "33,743,970,304 × 16 ÷ 8" in steps["Weights"]
    assert "67,487,940,608 bytes = 62.85 GiB (67.49 GB)" in steps["Weights"]
    assert "2 × 48 × 8 × 128 × 2" in steps["KV cache for one token"]
    assert "196,608 bytes = 192 KiB" in steps["KV cache for one token"]
    assert "196,608 × 16,384 × 4" in steps["KV cache"]
    assert "12,884,901,888 bytes = 12.00 GiB" in steps["KV cache"]


def page_steps(page: ReadPage) -> dict[str, str]:
    (steps,) = page.root.all("ol", "hardware-steps")
    return {step.all("h3")[0].text: step.text for step in steps.all("li")}


def test_what_does_not_fit_says_how_much_is_missing(guide: None, client: Client) -> None:
    page = read(client, **{**SMALL, "model": "13b-instruct"})
    assert verdict(page).startswith("Does not fit: 9.25 GiB too little.")
    assert table(page, "hardware-parts")[-1][:2] == ["Too little", "−9.25"]
    assert page.root.all("line", "stack__end"), "the bar shows where the memory ends"


def test_every_card_has_its_line(guide: None, client: Client) -> None:
    rows = {row[0].split(" [")[0]: row[1:] for row in table(read(client, model="70b-base", gpus="2"), "hardware-cards")}
    assert rows.keys() == {"Card", *Gpu.objects.values_list("name", flat=True)}
    said = ["158.60", "Tight", "11.76", "7.4 %", "2 (tight)"]
    named = [f"{head} {figure}" for head, figure in zip(rows["Card"], said, strict=True)]
    assert rows["NVIDIA A100 80 GB"] == named, "each figure under the name of its column, for phones"
    assert rows["NVIDIA RTX 3090"][-1] == "Fewest cards 8 (fits)"
    assert rows["Mac with 192 GB"][0] == "Memory, GiB 144.00", "there is one of a machine, however many cards are asked"


def test_the_bar_is_said_in_words_as_well(guide: None, client: Client) -> None:
    page = read(client, **SMALL)
    (bar,) = page.root.all("svg", "stack")[:1]
    named = bar.attributes["aria-labelledby"].split()
    assert [bar.all(tag)[0].attributes["id"] for tag in ("title", "desc")] == named
    assert bar.all("desc")[0].text == (
        "Weights 12.55 GiB, KV cache 4.00 GiB, Reserve 2.36 GiB, Left over 4.69 GiB, of 23.60 GiB."
    )


def test_a_card_that_is_not_in_the_list(guide: None, client: Client) -> None:
    page = read(client, gpu="other", memory="96", model="34b-python", context="16384")
    assert "on 1 × Other card, 96 GiB." in verdict(page)
    assert verdict(page).startswith("Fits: 20.55 GiB (21.4 %) left over.")


def test_the_link_leads_to_the_same_calculation(guide: None, client: Client) -> None:
    asked = read(
        client, gpu="other", memory="31.5", model="13b-python", weights="eetq", context="5000", sequences="3", kv="8"
    )
    (link,) = [link for link in asked.root.all("a") if link.text == "Link to this calculation"]
    again = ReadPage(client.get(URL + unescape(link.attributes["href"])).text)
    assert table(again, "hardware-parts") == table(asked, "hardware-parts")
    assert command(again) == command(asked)


@pytest.mark.parametrize("model", ["70b-python", "70b-instruct"])
def test_the_two_models_with_short_windows_are_warned_of(guide: None, client: Client, model: str) -> None:
    assert "context-excluded" not in cautions(read(client, model=model, context="4096"))
    page = read(client, model=model, context="4097", gpus="4", gpu="a100-80gb")
    assert cautions(page)["context-excluded"].startswith("Plan with 4,096 tokens")
    assert "--max-input-tokens 3072 --max-total-tokens 4096" in command(page)


def test_windows_beyond_the_training_and_beyond_the_claim(guide: None, client: Client) -> None:
    assert cautions(read(client, context="16384")).keys() == {"transformers"}
    untrained = cautions(read(client, context="16385"))["context-untrained"]
    assert untrained.startswith("Beyond the 16,384 tokens of the training")
    assert "Source 1, T17" in untrained
    unclaimed = cautions(read(client, context="100001"))["context-unclaimed"]
    assert unclaimed.startswith("100,001 tokens are more than Meta claims")


def test_plain_transformers_needs_more_and_the_page_says_so(guide: None, client: Client) -> None:
    said = cautions(read(client))["transformers"]
    assert "16 GB with 3,000 tokens and 22 GB with 6,000" in said


def test_a_very_long_prompt_needs_memory_of_its_own(guide: None, client: Client) -> None:
    assert "prefill" not in cautions(read(client, model="34b-base", context="32767"))
    page = read(client, model="34b-base", context="100000", weights="eetq", gpu="a100-80gb")
    # Two projections × 100,000 tokens × 22,016 columns × 2 bytes are 8.2 GiB.
    assert cautions(page)["prefill"].startswith("Reading a prompt of this length can take 8.2 GiB more")
    assert "four A100" in cautions(page)["prefill"]


def test_a_cache_at_8_bits_is_half_as_large(guide: None, client: Client) -> None:
    assert table(read(client, **SMALL, kv="8"), "hardware-parts")[2][1] == "2.00"
    assert table(read(client, **SMALL, kv="q8"), "hardware-parts")[2][1] == "2.13", "32 elements share a scale"


def test_what_no_server_runs_is_no_fit(guide: None, client: Client) -> None:
    page = read(client, model="7b-base", weights="fp8", kv="8", gpu="t4", context="2048")
    assert verdict(page).startswith("Does not run, though the memory is enough.")
    (reason,) = page.root.all("p", "hardware-stops")
    assert "compute capability 8" in reason.text
    assert "7.5" in reason.text
    assert page.root.all("pre", "hardware-command") == []
    assert verdict(read(client, model="7b-base", weights="fp8", kv="8", gpu="l4")).startswith("Fits")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"model": "9b-instruct"}, "There is no model “9b-instruct”. Using Code Llama – Instruct 7B instead."),
        ({"context": "-1"}, "At least 1. Using 8,192 instead."),
        ({"context": "2000000"}, "At most 1,000,000. Using 8,192 instead."),
        ({"context": "many"}, "Enter a whole number. Using 8,192 instead."),
        ({"gpus": "9"}, "At most 8. Using 1 instead."),
        ({"gpu": "other"}, "Enter how many GiB the other card has. Using a card of the list instead."),
        ({"gpu": "other", "memory": "nan"}, "Enter a number. Using a card of the list instead."),
        ({"gpu": "abacus"}, "“abacus” is not in our list. How much memory does it have?"),
        ({"gpu": "macbook"}, "How much memory does “macbook” have?"),
        ({"weights": "int3"}, "There is no weight format “int3”. Using 16 bits (float16 or bfloat16) instead."),
    ],
)
def test_what_cannot_be_read_is_said_once_at_its_field_and_the_rest_counted(
    guide: None, client: Client, question: dict[str, str], sentence: str
) -> None:
    page = read(client, **question)
    (error,) = errors(page)
    assert error.startswith(sentence)
    assert page.text.count(sentence) == 1
    assert table(page, "hardware-parts") == table(read(client), "hardware-parts")


def test_a_question_that_is_unknown_is_said_above(guide: None, client: Client) -> None:
    page = read(client, sequence="9")
    assert banners(page) == ["“sequence” means nothing here. It is left out."]
    assert errors(page) == []


@pytest.mark.parametrize(
    ("named", "machine"),
    [
        ("RTX 4090", "1 × NVIDIA RTX 4090."),
        ("2x3090", "2 × NVIDIA RTX 3090."),
        ("M2 Max 64 GB", "on Mac with 64 GB."),
        ("24 GB", "1 × Other card, 22 GiB."),
    ],
)
def test_a_card_may_be_called_as_people_call_it(guide: None, client: Client, named: str, machine: str) -> None:
    page = read(client, gpu=named)
    assert machine in verdict(page)
    assert errors(page) == []


def test_thousands_and_names_may_be_written_as_people_do(guide: None, client: Client) -> None:
    assert "1 sequence of 16,384 tokens" in verdict(read(client, context="16,384"))
    assert "Code Llama 34B, 16 bits" in verdict(read(client, context="16K", model="34B-Base"))
    assert "1 sequence of 16,000 tokens" in verdict(read(client, context="16K", model="34B-Base"))


NAMES = ["model", "weights", "context", "sequences", "kv", "gpu", "memory", "gpus"]
NONSENSE = st.text(max_size=12) | st.integers().map(str) | st.sampled_from(["other", "1e308", "inf", "٣", "0", "1_0"])


def test_nonsense_is_answered_as_well(guide: None) -> None:
    known = read_known()

    @given(st.dictionaries(st.sampled_from(NAMES), NONSENSE))
    @settings(max_examples=60, deadline=None)
    def ask(typed: dict[str, str]) -> None:
        query = QueryDict(mutable=True)
        query.update(typed)
        question, form, faults = read_question(query, known)
        assert bool(faults) == bool(form.errors)
        assert answer(question, known).fit.verdict in Verdict

    ask()


def test_it_costs_the_same_few_queries(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        client.get(URL)
    Gpu.objects.bulk_create(
        Gpu(slug=f"more-{number}", name=f"More {number}", memory_gb=24, usable_gib=23, capability=8)
        for number in range(20)
    )
    with django_assert_num_queries(QUERIES):
        assert "More 19" in client.get(URL).text


def test_who_has_it_gets_304(guide: None, client: Client) -> None:
    first = client.get(URL, SMALL)
    again = client.get(URL, SMALL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    other = client.get(URL, {**SMALL, "context": "8193"}, headers={"If-None-Match": first["ETag"]})
    assert other.status_code == HTTPStatus.OK
