"""Weights, KV cache and fit, against figures worked out by hand from the published shapes."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.guide.hardware.bar import draw_bar
from apps.guide.hardware.command import limits
from apps.guide.hardware.fit import Card, Fit, Need, Verdict, fewest_cards
from apps.guide.hardware.memory import GIB, Format, Precision, Shape, gib, kv_bytes_per_token, weight_bytes

SHAPES = {
    "7B": Shape(layers=32, hidden=4096, heads=32, kv_heads=32, head_size=128, feed_forward=11008, vocabulary=32016),
    "13B": Shape(layers=40, hidden=5120, heads=40, kv_heads=40, head_size=128, feed_forward=13824, vocabulary=32016),
    "34B": Shape(layers=48, hidden=8192, heads=64, kv_heads=8, head_size=128, feed_forward=22016, vocabulary=32000),
    "70B": Shape(layers=80, hidden=8192, heads=64, kv_heads=8, head_size=128, feed_forward=28672, vocabulary=32016),
}
SIXTEEN = Format(slug="16", label="16 bit", bits=16)
EIGHT = Format(slug="8", label="8 bit", bits=8)
FOUR_KEEPING = Format(slug="4k", label="4 bit", bits=4, keeps_embeddings=True)
FOUR_GROUPED = Format(slug="4g", label="4 bit in groups", bits=4.25, keeps_embeddings=True)
KV16 = Precision(slug="16", label="16 bit", bits=16)
KVQ8 = Precision(slug="q8", label="q8_0", bits=8.5)
KV8 = Precision(slug="8", label="8 bit", bits=8)
CARDS = {
    24: Card(slug="24", label="24 GB", memory=round(23.6 * GIB)),
    80: Card(slug="80", label="80 GB", memory=round(79.3 * GIB)),
}


@dataclass(frozen=True)
class Figures:
    """The expected figures of one size: GiB of weights by format, and bytes of KV cache a token."""

    size: str
    parameters: int
    sixteen: float
    eight: float
    four_keeping: float
    four_grouped: float
    kv_bytes: int


FIGURES = [
    Figures("7B", 6_738_546_688, 12.55, 6.28, 3.50, 3.69, 524_288),
    Figures("13B", 13_016_028_160, 24.24, 12.12, 6.52, 6.89, 819_200),
    Figures("34B", 33_743_970_304, 62.85, 31.43, 16.45, 17.41, 196_608),
    Figures("70B", 68_976_910_336, 128.48, 64.24, 32.85, 34.84, 327_680),
]
by_size = pytest.mark.parametrize("figures", FIGURES, ids=lambda figures: figures.size)


@by_size
def test_parameters_are_exact(figures: Figures) -> None:
    assert SHAPES[figures.size].parameters == figures.parameters


def test_a_smaller_vocabulary_has_fewer_parameters() -> None:
    python = replace(SHAPES["7B"], vocabulary=32000)
    assert SHAPES["7B"].parameters - python.parameters == 2 * 16 * 4096


@by_size
def test_weights_by_format(figures: Figures) -> None:
    shape = SHAPES[figures.size]
    found = [round(gib(weight_bytes(shape, form)), 2) for form in (SIXTEEN, EIGHT, FOUR_KEEPING, FOUR_GROUPED)]
    assert found == [figures.sixteen, figures.eight, figures.four_keeping, figures.four_grouped]


@by_size
def test_kv_cache_of_a_token(figures: Figures) -> None:
    shape = SHAPES[figures.size]
    assert kv_bytes_per_token(shape, KV16) == figures.kv_bytes
    assert kv_bytes_per_token(shape, KV8) == figures.kv_bytes // 2
    assert kv_bytes_per_token(shape, KVQ8) == figures.kv_bytes * 34 // 64


@pytest.mark.parametrize(
    ("size", "tokens", "expected"),
    [
        ("7B", 16_384, 8.00),
        ("13B", 100_000, 76.29),
        ("34B", 16_384, 3.00),
        ("34B", 100_000, 18.31),
        ("70B", 4_096, 1.25),
    ],
)
def test_kv_cache_of_a_window(size: str, tokens: int, expected: float) -> None:
    need = Need(weights=0, per_token=kv_bytes_per_token(SHAPES[size], KV16), tokens=tokens)
    assert round(gib(need.kv), 2) == expected


def need_of(size: str, form: Format, tokens: int = 4096) -> Need:
    shape = SHAPES[size]
    return Need(weights=weight_bytes(shape, form), per_token=kv_bytes_per_token(shape, KV16), tokens=tokens)


@pytest.mark.parametrize(
    ("size", "form", "cards", "expected"),
    [
        ("7B", SIXTEEN, (1, 24), (Verdict.FITS, 17_794)),
        ("13B", SIXTEEN, (1, 24), (Verdict.NO, 0)),
        ("13B", SIXTEEN, (2, 24), (Verdict.FITS, 23_901)),
        ("13B", EIGHT, (1, 24), (Verdict.FITS, 11_950)),
        ("34B", SIXTEEN, (1, 80), (Verdict.TIGHT, 46_513)),
        ("34B", FOUR_GROUPED, (1, 24), (Verdict.FITS, 20_903)),
        ("70B", SIXTEEN, (1, 80), (Verdict.NO, 0)),
        ("70B", SIXTEEN, (2, 80), (Verdict.TIGHT, 46_728)),
        ("70B", EIGHT, (1, 80), (Verdict.TIGHT, 23_364)),
    ],
)
def test_fits_tight_or_not(size: str, form: Format, cards: tuple[int, int], expected: tuple[Verdict, int]) -> None:
    fit = Fit(need=need_of(size, form), card=CARDS[cards[1]], count=cards[0])
    assert (fit.verdict, fit.room_for_tokens) == expected


def test_headroom_is_what_is_left_after_the_reserve() -> None:
    fit = Fit(need=need_of("7B", SIXTEEN, 8192), card=CARDS[24], count=1)
    assert round(gib(fit.reserve), 2) == 2.36
    assert round(gib(fit.headroom), 2) == 4.69
    assert round(fit.headroom_share, 3) == 0.199


@pytest.mark.parametrize(
    ("size", "counts"),
    [("7B", [1, 2, 4, 8]), ("13B", [1, 2, 4, 8]), ("34B", [1, 2, 4, 8]), ("70B", [1, 2, 4, 8])],
)
def test_heads_and_feed_forward_are_split_evenly(size: str, counts: list[int]) -> None:
    # 13B has 40 heads, but 13,824 columns of feed-forward: five cards cannot share those.
    assert SHAPES[size].shard_counts == counts


@pytest.mark.parametrize(
    ("size", "counts"), [("7B", [1, 2]), ("13B", [1, 2, 4]), ("34B", [1, 2, 4]), ("70B", [1, 2, 4, 8])]
)
def test_groups_of_128_weights_stay_on_one_card(size: str, counts: list[int]) -> None:
    # 11,008, 13,824, 22,016 and 28,672 columns are 86, 108, 172 and 224 groups.
    assert [count for count in (1, 2, 4, 8) if SHAPES[size].keeps_groups(count, 128)] == counts
    assert all(SHAPES[size].keeps_groups(count, 0) for count in (1, 2, 4, 8))


# GB of the files that TheBloke published, by bits per weight as the guide counts them.
GGUF_FILES = {
    "7B": {4.85: 4.08, 5.68: 4.78, 6.5625: 5.53, 8.5: 7.16},
    "13B": {4.85: 7.87, 5.68: 9.23, 6.5625: 10.68, 8.5: 13.83},
    "34B": {4.85: 20.22, 5.68: 23.84, 6.5625: 27.68, 8.5: 35.86},
    "70B": {4.85: 41.42, 5.68: 48.75, 6.5625: 56.59, 8.5: 73.29},
}


@pytest.mark.parametrize("size", SHAPES)
def test_gguf_files_are_within_a_hundredth_of_what_is_published(size: str) -> None:
    for bits, gigabytes in GGUF_FILES[size].items():
        form = Format(slug="gguf-x", label="x", bits=bits)
        assert weight_bytes(SHAPES[size], form) / 1e9 == pytest.approx(gigabytes, rel=0.012)


def test_the_fewest_cards_that_hold_it() -> None:
    counts = SHAPES["70B"].shard_counts
    fewest = fewest_cards(need_of("70B", SIXTEEN), CARDS[80], counts)
    assert fewest is not None
    assert (fewest.count, fewest.verdict) == (2, Verdict.TIGHT)
    assert fewest_cards(need_of("70B", SIXTEEN), CARDS[24], counts[:3]) is None


@pytest.mark.parametrize(
    ("context", "expected"), [(9216, (8192, 9216)), (4096, (3072, 4096)), (1, (1, 2)), (100, (75, 100))]
)
def test_tgi_wants_more_in_all_than_in_the_prompt(context: int, expected: tuple[int, int]) -> None:
    assert limits(context) == expected


@given(tokens=st.integers(1, 2_000_000), count=st.integers(1, 8), size=st.sampled_from(sorted(SHAPES)))
def test_the_bar_is_whole(tokens: int, count: int, size: str) -> None:
    fit = Fit(need=need_of(size, SIXTEEN, tokens), card=CARDS[24], count=count)
    bar = draw_bar(fit)
    assert sum(segment.width for segment in bar.segments) == pytest.approx(100, abs=0.01)
    assert bar.overflows == (fit.verdict is Verdict.NO)
