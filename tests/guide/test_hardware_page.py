"""The hardware calculator as a page: its state in the URL, its figures, and what it does with what it cannot read."""

from html import unescape
from http import HTTPStatus

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.endpoints.console.recipes import RECIPES
from apps.guide.hardware.answer import answer
from apps.guide.hardware.fit import Verdict
from apps.guide.hardware.forms import read as read_question
from apps.guide.hardware.selectors import read_known
from apps.guide.models import Gpu, Quantization
from tests.guide.reading import Element, ReadPage

URL = "/guide/hardware/"
# Edition, page and sections (2), its sources, models, shapes, facts (2), quantizations (2), GPUs (2), all sources.
QUERIES = 13
SMALL = {"model": "7b-instruct", "weights": "fp16", "context": "8192", "gpu": "rtx-3090"}


def read(client: Client, **question: str) -> ReadPage:
    response = client.get(URL, question)
    assert response.status_code == HTTPStatus.OK
    return ReadPage(response.text)


def verdict(page: ReadPage) -> str:
    return page.root.all("p", "hardware-verdict")[0].text


def banners(page: ReadPage) -> list[str]:
    return [banner.text for banner in page.root.all("div", "banner")]


def table(page: ReadPage, css_class: str) -> list[list[str]]:
    (found,) = page.root.all("table", css_class)
    return [[cell.text for cell in cells(row)] for row in found.all("tr")]


def cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element)]


def command(page: ReadPage) -> str:
    return page.root.all("pre", "hardware-command")[0].text


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
    assert [text for text in banners(read(client, model=model, context="4096")) if "4,096" in text] == []
    page = read(client, model=model, context="4097", gpus="4", gpu="a100-80gb")
    assert [text for text in banners(page) if text.startswith("Plan with 4,096 tokens")] != []
    assert "--max-input-tokens 3072 --max-total-tokens 4096" in command(page)


def test_windows_beyond_the_training_and_beyond_the_claim(guide: None, client: Client) -> None:
    assert banners(read(client, context="16384")) == []
    (untrained,) = banners(read(client, context="16385"))
    assert untrained.startswith("Beyond the 16,384 tokens of the training")
    assert "Source 1, T17" in untrained
    (unclaimed,) = banners(read(client, context="100001"))
    assert unclaimed.startswith("Nobody claims 100,001 tokens")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.cards)
def test_the_command_is_that_of_the_console(guide: None, client: Client, recipe: object) -> None:
    arguments = getattr(recipe, "arguments", "").split()
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    formats = dict(Quantization.objects.exclude(flag="").values_list("flag", "slug"))
    wanted = f"--quantize {options['--quantize']}" if "--quantize" in options else ""
    page = read(
        client,
        model=f"{getattr(recipe, 'size', '').lower()}-instruct",
        weights=formats.get(wanted, "fp16"),
        context=options["--max-total-tokens"],
        gpus=options.get("--num-shard", "1"),
    )
    assert {*" ".join(arguments).split()} <= {*command(page).replace("\\", " ").split()}


def test_a_cache_at_8_bits_is_half_as_large_and_said_to_tgi(guide: None, client: Client) -> None:
    page = read(client, **SMALL, kv="8")
    assert table(page, "hardware-parts")[2][1] == "2.00"
    assert "--kv-cache-dtype fp8_e4m3fn" in command(page)


def test_a_split_that_tgi_refuses_has_no_command(guide: None, client: Client) -> None:
    page = read(client, model="13b-base", gpus="5")
    assert "--num-shard 5" in command(page)
    page = read(client, model="7b-base", gpus="5")
    assert page.root.all("pre", "hardware-command") == []
    (split,) = banners(page)
    assert "must divide the 32 attention heads and the 32 KV heads: 1, 2, 4 or 8" in split


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"model": "9b-instruct"}, "There is no model “9b-instruct”. Reckoned with the usual one instead."),
        (
            {"context": "-1"},
            "Context “-1”: Ensure this value is greater than or equal to 1. Reckoned with 8192 instead.",
        ),
        ({"context": "many"}, "Context “many”: Enter a whole number. Reckoned with 8192 instead."),
        ({"gpus": "9"}, "Number of cards “9”: Ensure this value is less than or equal to 8. Reckoned with 1 instead."),
        ({"gpu": "other"}, "Say how many GiB the other card has. Reckoned with a card of the list instead."),
        ({"gpu": "other", "memory": "nan"}, "Memory of the other card “nan”: Enter a number."),
        ({"sequence": "9"}, "“sequence” means nothing here. It is left out."),
        ({"gpu": "abacus"}, "There is no GPU “abacus”. Reckoned with the usual one instead."),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_reckoned(
    guide: None, client: Client, question: dict[str, str], sentence: str
) -> None:
    page = read(client, **question)
    assert sentence in banners(page)[0]
    assert table(page, "hardware-parts") == table(read(client), "hardware-parts")


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
        assert answer(question, list(known.cards.values())).fit.verdict in Verdict

    ask()


def test_it_costs_the_same_few_queries(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        client.get(URL)
    Gpu.objects.bulk_create(
        Gpu(slug=f"more-{number}", name=f"More {number}", memory_gb=24, usable_gib=23) for number in range(20)
    )
    with django_assert_num_queries(QUERIES):
        assert "More 19" in client.get(URL).text


def test_who_has_it_gets_304(guide: None, client: Client) -> None:
    first = client.get(URL, SMALL)
    again = client.get(URL, SMALL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    other = client.get(URL, {**SMALL, "context": "8193"}, headers={"If-None-Match": first["ETag"]})
    assert other.status_code == HTTPStatus.OK
