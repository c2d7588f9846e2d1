"""Contradictions of expectations, on scores made for the tests; no database."""

from decimal import Decimal

from apps.guide.benchmarks.chart import draw_panels
from apps.guide.benchmarks.figures import VARIANTS, Measure, Suite
from apps.guide.benchmarks.patterns import differences, find_breaks, find_order_breaks


def measure(slug: str = "m", *, language: str = "Python", lower_is_better: bool = False, **scores: str) -> Measure:
    """``base_7B="33.5"`` and so on."""
    found = {tuple(name.split("_", 1)): Decimal(number) for name, number in scores.items()}
    return Measure(
        slug=slug,
        label=f"Suite, {slug}",
        suite="Suite",
        method="pass@1, 0-shot",
        language=language,
        unit="%",
        note="",
        lower_is_better=lower_is_better,
        scores={(variant, size): number for (variant, size), number in found.items()},
        others={},
        cites=(),
    )


def sentences(found: Measure) -> list[str]:
    return [each.sentence for each in find_breaks(found)]


def test_nothing_is_said_where_all_is_as_expected() -> None:
    assert sentences(measure(base_7B="30", base_13B="36", python_7B="38", instruct_7B="35")) == []


def test_a_larger_model_that_scores_less() -> None:
    assert sentences(measure(instruct_13B="42.7", instruct_34B="41.5")) == [
        "Instruct 34B (41.5) scores 1.2 below Instruct 13B (42.7)."
    ]


def test_sizes_without_a_score_are_passed_over() -> None:
    assert sentences(measure(base_7B="40", base_34B="39")) == ["Base 34B (39.0) scores 1.0 below Base 7B (40.0)."]


def test_a_tie_is_no_lead() -> None:
    assert sentences(measure(base_70B="91.9", python_70B="91.9")) == ["Python 70B only equals Base 70B (91.9)."]


def test_python_need_not_lead_where_it_is_not_written() -> None:
    in_python = measure(base_7B="20", instruct_7B="30", python_7B="25")
    assert sentences(in_python) == ["Python 7B (25.0) scores 5.0 below Instruct 7B (30.0)."]
    assert sentences(measure(language="Java", base_7B="20", instruct_7B="30", python_7B="25")) == []


def test_tuning_that_costs_points() -> None:
    assert sentences(measure(language="", base_34B="36.4", python_34B="35.1")) == [
        "Python 34B (35.1) scores 1.3 below Base 34B (36.4)."
    ]


def test_less_can_be_better() -> None:
    assert sentences(measure(lower_is_better=True, language="", base_7B="17.6", instruct_7B="0")) == []
    assert sentences(measure(lower_is_better=True, language="", base_7B="0", instruct_7B="17.6")) == [
        "Instruct 7B (17.6) scores 17.6 above Base 7B (0.0)."
    ]


def test_the_order_of_asking_that_does_better() -> None:
    psm, spm = measure("span, PSM", base_7B="59.7"), measure("span, SPM", base_7B="39.0")
    suite = Suite("Suite", [_renamed(psm, "span-psm"), _renamed(spm, "span-spm")])
    assert [each.sentence for each in find_order_breaks(suite)] == [
        "Base 7B, Span: PSM (59.7) scores 20.7 above SPM (39.0)."
    ]


def _renamed(found: Measure, slug: str) -> Measure:
    fields = {name: getattr(found, name) for name in Measure.__slots__}
    return Measure(**{**fields, "slug": slug})


def test_differences_by_size() -> None:
    scored = measure(base_7B="33.5", python_7B="38.4", base_70B="53.0", instruct_70B="67.8", python_70B="57.3")
    found = differences(scored, VARIANTS)
    assert [(each.label, [None if point is None else str(point) for point in each.points]) for each in found] == [
        ("Python − Base", ["4.9", None, None, "4.3"]),
        ("Instruct − Base", [None, None, None, "14.8"]),
        ("Instruct − Python", [None, None, None, "10.5"]),
    ]


def test_bars_start_at_zero_and_keep_their_proportions() -> None:
    found = measure(base_7B="25", base_13B="50", base_34B="100", python_7B="30")
    suite = Suite("Suite", [found])
    base, python = draw_panels(suite, found, ["base", "python", "instruct"])
    widths = [bar.width for bar in base.bars]
    assert widths == [widths[2] / 4, widths[2] / 2, widths[2]]
    assert [bar.score for bar in python.bars] == [Decimal(30), None, None]
    assert python.description == "7B 30.0, 13B none, 34B none."
