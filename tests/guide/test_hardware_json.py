"""The calculator as JSON, against figures worked out by hand for all twelve models."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.guide import selectors
from apps.guide.models import CodeModel, Gpu

URL = "/guide/hardware.json"
# The page's queries, without those for its prose and sources.
QUERIES = 11


def ask(client: Client, **question: str) -> dict[str, Any]:
    response = client.get(URL, question)
    assert response.status_code == HTTPStatus.OK
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("7b-base", 6_738_546_688),
        ("7b-python", 6_738_415_616),
        ("7b-instruct", 6_738_546_688),
        ("13b-base", 13_016_028_160),
        ("13b-python", 13_015_864_320),
        ("34b-python", 33_743_970_304),
        ("34b-instruct", 33_743_970_304),
        ("70b-python", 68_976_910_336),
    ],
)
def test_parameters_are_those_of_the_variant(guide: None, client: Client, model: str, parameters: int) -> None:
    assert ask(client, model=model)["model"]["parameters"] == parameters


def test_parameters_are_what_the_guide_says_elsewhere(guide: None, client: Client) -> None:
    said = {slug: shape.parameters for slug, shape in selectors.shapes().items()}
    assert len(said) == CodeModel.objects.count() == 12
    assert {slug: ask(client, model=slug)["model"]["parameters"] for slug in said} == said


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("7b-base fp16 4096 1 rtx-3090 1", (12.55, 2.00, "fits")),
        ("7b-base fp16 16384 1 rtx-3090 1", (12.55, 8.00, "tight")),
        ("13b-base fp16 16384 1 a100-40gb 1", (24.24, 12.50, "no")),
        ("13b-instruct eetq 4096 1 rtx-3090 1", (12.12, 3.13, "fits")),
        ("34b-instruct fp16 4096 1 a100-80gb 1", (62.85, 0.75, "tight")),
        ("34b-instruct awq 4096 1 rtx-3090 1", (17.41, 0.75, "fits")),
        ("34b-base fp16 100000 2 a100-80gb 2", (62.85, 36.62, "fits")),
        ("70b-base fp16 4096 1 a100-80gb 2", (128.48, 1.25, "tight")),
        ("70b-base eetq 4096 1 h100-80gb 1", (64.24, 1.25, "tight")),
        ("70b-base gptq 4096 1 l40s 1", (34.84, 1.25, "tight")),
        ("70b-base fp16 100000 1 a100-80gb 4", (128.48, 30.52, "fits")),
    ],
)
def test_weights_cache_and_fit(guide: None, client: Client, question: str, expected: tuple[float, float, str]) -> None:
    names = ("model", "weights", "context", "sequences", "gpu", "gpus")
    answer = ask(client, **dict(zip(names, question.split(), strict=True)))
    assert (answer["weights_gib"], answer["kv_gib"], answer["fit"]["verdict"]) == expected


def test_it_says_what_it_reckoned_with(guide: None, client: Client) -> None:
    answer = ask(client, model="7b-base", gpu="other", memory="16", kv="8")
    assert answer["question"] == {
        "model": "7b-base",
        "weights": "fp16",
        "context": 8192,
        "sequences": 1,
        "kv": "8",
        "gpu": "other",
        "memory_gib": 16.0,
        "gpus": 1,
    }
    assert answer["kv_bytes_per_token"] == 262_144
    assert answer["assumptions"] == {"reserve_share": 0.1, "tight_below_share": 0.1}
    assert [row["gpu"] for row in answer["gpus"]] == list(Gpu.objects.values_list("slug", flat=True))


def test_cautions_have_codes(guide: None, client: Client) -> None:
    answer = ask(client, model="70b-instruct", context="8192", gpus="3", kv="8")
    codes = [warning["code"] for warning in answer["warnings"]]
    assert codes == ["no-server", "context-excluded", "split", "kv-precision", "transformers"]
    assert (answer["runs"], answer["tgi_command"], answer["commands"]) == (False, "", [])


def test_what_cannot_be_read_is_refused(guide: None, client: Client) -> None:
    response = client.get(URL, {"context": "many", "model": "7b-base"})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_CONTENT
    error = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["param"] == "context"
    assert "Enter a whole number" in error["message"]


def test_it_costs_the_same_few_queries(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        ask(client)
    Gpu.objects.bulk_create(
        Gpu(slug=f"more-{number}", name=f"More {number}", memory_gb=24, usable_gib=23, capability=8)
        for number in range(20)
    )
    with django_assert_num_queries(QUERIES):
        assert len(ask(client)["gpus"]) > 20
