"""The facts and scores that are shipped, as published."""

from decimal import Decimal

import pytest

from apps.guide import selectors
from apps.guide.models import (
    Benchmark,
    Fact,
    Score,
)
from tests.guide.model_slugs import SIZES, VARIANTS

pytestmark = pytest.mark.usefixtures("guide")


# Read in the paper and the documentation, independently of the content files: benchmark, then 7B, 13B, 34B, 70B.
SCORES = {
    ("base", "humaneval-pass-1"): "33.5 36.0 48.8 53.0",
    ("python", "humaneval-pass-1"): "38.4 43.3 53.7 57.3",
    ("instruct", "humaneval-pass-1"): "34.8 42.7 41.5 67.8",
    ("base", "humaneval-pass-100"): "85.9 89.8 93.0 96.2",
    ("python", "humaneval-pass-100"): "90.6 94.1 94.7 98.4",
    ("instruct", "humaneval-pass-10"): "64.3 71.6 77.2 90.3",
    ("base", "mbpp-pass-1"): "41.4 47.0 55.0 62.4",
    ("python", "mbpp-pass-1"): "47.6 49.0 56.2 65.6",
    ("instruct", "mbpp-pass-1"): "44.4 49.4 57.0 62.2",
    ("python", "mbpp-pass-100"): "84.8 87.6 88.2 91.9",
    ("base", "multipl-e-cpp"): "28.6 39.1 47.8 52.8",
    ("python", "multipl-e-php"): "32.3 33.5 42.9 53.4",
    ("instruct", "multipl-e-java"): "30.4 40.5 43.7 58.2",
    ("instruct", "multipl-e-ts"): "32.7 39.0 40.3 39.0",
    ("python", "multipl-e-csharp"): "24.7 29.8 31.7 34.8",
    ("base", "multipl-e-bash"): "12.0 15.2 17.1 29.1",
    ("base", "multipl-e-average"): "26.3 30.6 36.4 45.3",
    ("python", "multipl-e-average"): "27.5 31.5 35.1 45.0",
    ("instruct", "multipl-e-average"): "25.8 32.0 36.1 45.9",
    ("base", "infilling-single-line-psm"): "74.1 75.9",
    ("base", "infilling-single-line-spm"): "83.3 85.6",
    ("base", "infilling-multi-line-psm"): "48.2 51.0",
    ("base", "infilling-multi-line-spm"): "50.8 56.1",
    ("base", "infilling-random-span-psm"): "59.7 63.6",
    ("base", "infilling-random-span-spm"): "39.0 41.9",
    ("base", "infilling-match-javascript-spm"): "82.6 85.0",
    ("base", "docstring-bleu"): "20.37 21.15",
    ("base", "retrieval-16k-0"): "54.7 100 95.3",
    ("instruct", "retrieval-16k-0"): "7.0 100 68.8",
    ("base", "retrieval-24k-20"): "85.9 89.1 0.0",
    ("instruct", "retrieval-24k-40"): "54.7 100 85.9",
    ("python", "apps-introductory"): "12.7 26.3 28.9",
    ("base", "apps-competition"): "0.8 2.1 2.9",
    ("python", "gsm8k"): "13.0 22.1 34.4",
    ("base", "truthfulqa"): "26.19 33.29 34.64",
    ("instruct", "truthfulqa"): "31.46 36.84 47.37",
    ("base", "toxigen"): "22.64 22.45 17.62",
    ("instruct", "toxigen"): "0.04 0.01 0.00",
    ("base", "retrieval-8k-0"): "100 100 76.6",
    ("instruct", "retrieval-8k-0"): "100 100 92.2",
    ("base", "retrieval-8k-20"): "95.3 100 100",
    ("instruct", "retrieval-8k-20"): "97.7 100 100",
    ("base", "multipl-e-python"): "30.4 33.5 42.9",
    ("instruct", "apps-zero-shot-introductory"): "24.9 24.8 19.8",
}
# Llama 2 at 7B, 13B, 34B, 70B, quoted in the same tables.
LLAMA_2 = {
    "humaneval-pass-10": "25.2 34.8 47.0 59.4",
    "humaneval-pass-100": "44.4 61.2 79.5 87.0",
    "mbpp-pass-10": "41.8 48.1 56.9 66.2",
    "mbpp-pass-100": "65.5 69.5 77.6 83.1",
    "gsm8k": "14.7 24.2 42.2 56.5",
    "truthfulqa": "33.29 41.86 43.45",
}
# Examples in the prompt, by suite, as the captions of the paper's tables say.
SHOTS = {
    "HumanEval": {0},
    "MBPP": {3},
    "MultiPL-E": {0},
    "APPS": {2},
    "APPS without examples": {0},
    "GSM8K": {None},
}
# Shapes of every model of a size, in each variant.
SHAPES = {
    "layers": (32, 40, 48, 80),
    "hidden-size": (4096, 5120, 8192, 8192),
    "attention-heads": (32, 40, 64, 64),
    "kv-heads": (32, 40, 8, 8),
    "head-size": (128, 128, 128, 128),
    "feed-forward-size": (11008, 13824, 22016, 28672),
    "shards": (1, 2, 4, 8),
    "kv-per-token": (512, 800, 192, 320),
}
FIGURES = {
    ("7b-base", "parameters"): "6738546688",
    ("13b-instruct", "parameters"): "13016028160",
    ("34b-python", "parameters"): "33743970304",
    ("70b-instruct", "parameters"): "68976910336",
    ("7b-base", "weights-16-bit"): "12.55",
    ("13b-base", "weights-16-bit"): "24.24",
    ("34b-base", "weights-16-bit"): "62.85",
    ("70b-base", "weights-16-bit"): "128.48",
    ("7b-base", "weights-8-bit"): "6.28",
    ("34b-instruct", "weights-8-bit"): "31.43",
    ("13b-base", "weights-4-bit"): "6.52",
    ("70b-base", "weights-4-bit"): "32.85",
    ("7b-base", "kv-4096"): "2",
    ("13b-base", "kv-16384"): "12.5",
    ("34b-base", "kv-100000"): "18.3",
    ("70b-base", "kv-100000"): "30.5",
    ("7b-python", "vocabulary"): "32000",
    ("13b-base", "vocabulary"): "32016",
    ("34b-base", "vocabulary"): "32000",
    ("70b-python", "vocabulary"): "32016",
    ("70b-base", "code-tokens"): "1000000000000",
    ("34b-instruct", "code-tokens"): "500000000000",
    ("13b-python", "python-tokens"): "100000000000",
    ("7b-instruct", "instruction-tokens"): "5000000000",
    ("34b-base", "long-context-steps"): "11000",
    ("7b-base", "rope-theta"): "1000000",
    ("70b-instruct", "rope-theta"): "10000",
    ("70b-instruct", "max-positions"): "4096",
    ("70b-python", "planned-context"): "4096",
    ("70b-base", "planned-context"): "16384",
    ("7b-instruct", "claimed-context"): "100000",
}


@pytest.mark.parametrize(("where", "numbers"), SCORES.items(), ids=str)
def test_scores_are_as_published(where: tuple[str, str], numbers: str) -> None:
    variant, benchmark = where
    expected = {f"{size}-{variant}": Decimal(number) for size, number in zip(SIZES, numbers.split(), strict=False)}
    found = Score.objects.filter(benchmark__slug=benchmark, model__variant__slug=variant)
    assert dict(found.values_list("model__slug", "number")) == expected


@pytest.mark.parametrize(("benchmark", "numbers"), LLAMA_2.items())
def test_scores_of_llama_2_are_as_published(benchmark: str, numbers: str) -> None:
    names = [f"Llama 2 {size.upper()}" for size in SIZES]
    found = Score.objects.filter(benchmark__slug=benchmark, other__in=names).values_list("other", "number")
    assert dict(found) == {name: Decimal(number) for name, number in zip(names, numbers.split(), strict=False)}


def test_the_number_of_examples_stands_at_each_benchmark() -> None:
    found: dict[str, set[int | None]] = {}
    for benchmark in Benchmark.objects.filter(suite__in=SHOTS):
        found.setdefault(benchmark.suite, set()).add(benchmark.shots)
    assert found == SHOTS
    labels = {benchmark.slug: benchmark.full_label for benchmark in Benchmark.objects.all()}
    assert labels["mbpp-pass-1"] == "MBPP, pass@1, 3-shot"
    assert labels["apps-interview"] == "APPS, interview, pass@5, 2-shot"
    assert labels["multipl-e-cpp"] == "MultiPL-E, C++, pass@1, 0-shot"


@pytest.mark.parametrize(("attribute", "numbers"), SHAPES.items())
def test_shapes_are_as_published(attribute: str, numbers: tuple[int, ...]) -> None:
    found = dict(Fact.objects.filter(attribute__slug=attribute).values_list("model__slug", "number"))
    expected = dict(zip(SIZES, numbers, strict=True))
    assert found == {f"{size}-{variant}": expected[size] for size in SIZES for variant in VARIANTS}


def test_figures_are_as_published() -> None:
    facts = selectors.facts_by_model()
    found = {(model, attribute): facts[model][attribute].number for model, attribute in FIGURES}
    assert found == {where: Decimal(number) for where, number in FIGURES.items()}


def test_the_figures_of_what_people_compare_with_are_there() -> None:
    others = dict(Score.objects.filter(benchmark__slug="humaneval-pass-1", model=None).values_list("other", "number"))
    assert others["GPT-4"] == Decimal("67.0")
    assert others["Llama 2 70B"] == Decimal("30.5")
    assert others["Code Llama Unnatural 34B"] == Decimal("62.2")


def test_parameters_and_memory_follow_from_the_shapes() -> None:
    facts = selectors.facts_by_model()
    shapes = selectors.shapes()
    assert len(shapes) == 12
    for model, shape in shapes.items():
        width, heads = shape.hidden_size, shape.kv_heads * shape.head_size
        layer = 2 * width**2 + 2 * width * heads + 3 * width * shape.feed_forward_size + 2 * width
        ends = 2 * shape.vocabulary * width
        assert shape.parameters == ends + shape.layers * layer + width
        per_token = 2 * shape.layers * heads * 2
        known = facts[model]
        assert known["kv-per-token"].number == per_token // 1024
        assert_gib(known["weights-16-bit"], shape.parameters * 2)
        assert_gib(known["weights-8-bit"], shape.parameters)
        assert_gib(known["weights-4-bit"], (shape.parameters - ends) // 2 + ends * 2)
        for length in (4096, 16384, 100000):
            cache = known[f"kv-{length}"]
            if cache.number is None:
                assert length > shape.planned_context
            else:
                assert_gib(cache, per_token * length)


def assert_gib(fact: Fact, size: int) -> None:
    assert fact.number is not None
    assert abs(fact.number - Decimal(size) / 2**30) <= Decimal("0.05"), f"{fact}: {size}"
    assert fact.text == str(fact.number.quantize(Decimal(fact.text))), "the text says the number"


def test_a_text_says_its_number() -> None:
    plain = [fact for fact in Fact.objects.exclude(number=None) if fact.text.replace(",", "").isdigit()]
    assert len(plain) > 150
    assert [str(fact) for fact in plain if int(fact.text.replace(",", "")) != fact.number] == []
