"""Everybody can tell text, lines and variant hues apart in both themes."""

from itertools import combinations
from typing import get_args

import pytest

from tests.design.palette import VISION, Theme, contrast, distance, read_palette

THEMES = get_args(Theme)
BACKGROUNDS = ["page", "surface", "raised", "sunken", "hover"]
TEXTS = ["text", "text-muted", "accent", "base", "python", "instruct", "good", "warning", "danger"]
ON_TINTS = [(name, f"{name}-tint") for name in ("accent", "base", "python", "instruct", "good", "warning", "danger")]
SOLIDS = [
    ("on-accent", "accent-solid"),
    ("on-accent", "accent-solid-hover"),
    ("on-danger", "danger-solid"),
    ("on-danger", "danger-solid-hover"),
    ("text", "selection"),
]
SYNTAX = ["keyword", "string", "number", "name", "comment", "builtin", "deleted", "inserted"]


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_on_every_background(theme: Theme) -> None:
    palette = read_palette(theme)
    pairs = [(text, ground) for text in TEXTS for ground in BACKGROUNDS]
    pairs += ON_TINTS + SOLIDS + [("text", tint) for _, tint in ON_TINTS]
    pairs += [(f"syntax-{kind}", "sunken") for kind in SYNTAX]
    ratios = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_lines_that_carry_meaning_are_visible(theme: Theme) -> None:
    palette = read_palette(theme)
    ratios = {ground: contrast(palette["line-strong"], palette[ground]) for ground in ("page", "surface", "raised")}
    assert {ground: round(ratio, 2) for ground, ratio in ratios.items() if ratio < 3} == {}


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", THEMES)
def test_variant_hues_differ_for_colour_blind_people(theme: Theme, vision: str) -> None:
    palette = read_palette(theme)
    distances = {
        pair: distance(palette[pair[0]], palette[pair[1]], vision)
        for pair in combinations(["base", "python", "instruct"], 2)
    }
    assert {pair: round(value, 1) for pair, value in distances.items() if value < 10} == {}


def test_dark_surfaces_get_lighter_as_they_rise_and_code_sinks() -> None:
    palette = read_palette("dark")
    order = ["sunken", "page", "surface", "raised"]
    assert sorted(order, key=lambda name: palette[name]) == order
