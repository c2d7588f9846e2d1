"""Cards and machines as people call them, against the shipped table; pure, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.guide.choosing import ask, shipped_cards, shipped_content

NAMES = {
    "RTX 4090": "rtx-4090",
    "4090": "rtx-4090",
    "rtx4090": "rtx-4090",
    "GeForce RTX 4090": "rtx-4090",
    "RTX 3060": "rtx-3060",
    "3090": "rtx-3090",
    "2x3090": "2xrtx-3090",
    "3090 x2": "2xrtx-3090",
    "2 × RTX 3090": "2xrtx-3090",
    "2*3090": "2xrtx-3090",
    "dual 3090": "2xrtx-3090",
    "two 3090s": "2xrtx-3090",
    "2 rtx 4090s": "2xrtx-4090",
    "A10": "a10",
    "a10g": "a10g",
    "L4": "l4",
    "Tesla T4": "t4",
    "L40S": "l40s",
    "l40": "l40",
    "A6000": "rtx-a6000",
    "RTX 6000 Ada": "rtx-6000-ada",
    "A100 80GB": "a100-80gb",
    "A100-PCIE-40GB": "a100-40gb",
    "NVIDIA A100-SXM4-80GB": "a100-80gb",
    "4x A100 80 GB": "4xa100-80gb",
    "H100": "h100-80gb",
    "8x H100 SXM": "8xh100-80gb",
    "H200 141GB": "h200-141gb",
    "M2 Max 64 GB": "apple-64gb",
    "M3 Max 64 GB": "apple-64gb",
    "MacBook Pro 16GB": "apple-16gb",
    "Mac Studio M2 Ultra 192GB": "apple-192gb",
    "m4 max 512gb": "apple-512gb",
    "64 GB RAM": "cpu-64gb",
    "CPU 32GB": "cpu-32gb",
    "24": "24",
    "24 GB": "24",
    "2x48": "2x48",
    "4 × 80 GB": "4x80",
    "3080 12GB": "12",
    "1,024 GB": "1024",
    "4090 x 2": "2xrtx-4090",
}


@pytest.mark.parametrize(("named", "meant"), NAMES.items())
def test_a_common_name_is_understood(named: str, meant: str) -> None:
    found = shipped_cards().find(named)
    assert found.cards is not None
    assert (found.cards.answer, found.doubt) == (meant, "")
    again = shipped_cards().find(found.cards.answer)
    assert again.cards == found.cards, "an address says the same again"


@pytest.mark.parametrize(
    ("named", "asks"),
    [
        ("abacus", "in our list"),
        ("MacBook", "How much memory"),
        ("M1", "How much memory"),
        ("RTX 4090 Laptop", "in our list"),
        ("cpu", "How much memory"),
    ],
)
def test_a_card_that_is_not_known_is_asked_about(named: str, asks: str) -> None:
    found = shipped_cards().find(named)
    assert found.cards is None
    assert asks in found.doubt
    assert named in found.doubt


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("-5 GB", "1 to 1,024 GB of memory, in whole GB"),
        ("− 24", "1 to 1,024 GB of memory, in whole GB"),
        ("24.5 GB", "1 to 1,024 GB of memory, in whole GB"),
        ("999999999999 GB", "1 to 1,024 GB of memory, in whole GB"),
        ("2,000 GB RAM", "1 to 1,024 GB of memory, in whole GB"),
        ("1000 x H100", "one host has 1 to 8 cards here"),
        ("A100 80GB x 128", "one host has 1 to 8 cards here"),
    ],
)
def test_an_impossible_number_is_not_taken_for_an_unknown_name(named: str, says: str) -> None:
    found = shipped_cards().find(named)
    assert found.cards is None
    assert says in found.doubt


@pytest.mark.parametrize("named", ["9x a10g", "0x24", "99x99", "0 GB", "9999 GB", "2x M2 Max 64 GB", "", "\x00", "٣"])
def test_what_no_host_has_is_said(named: str) -> None:
    found = shipped_cards().find(named)
    assert found.cards is None
    assert found.doubt


@pytest.mark.parametrize("named", ["\x00", "???", "—"])
def test_signs_alone_are_not_quoted_as_a_card(named: str) -> None:
    found = shipped_cards().find(named)
    assert found.cards is None
    assert "such as “RTX 3090” or “24 GB”" in found.doubt


def test_one_name_for_two_sizes_takes_the_smaller_and_says_so() -> None:
    found = shipped_cards().find("A100")
    assert found.cards is not None
    assert found.cards.card.slug == "a100-40gb"
    assert "“NVIDIA A100 80 GB”" in found.doubt


def test_an_unknown_name_with_its_memory_counts_by_that() -> None:
    found = shipped_cards().find("Abacus 24GB")
    assert found.cards is not None
    assert (found.cards.answer, "counted as a card of 24 GB" in found.doubt) == ("24", True)


def test_every_listed_card_is_found_by_its_label() -> None:
    for slug, card in shipped_cards().cards.items():
        found = shipped_cards().find(card.label)
        assert found.cards is not None, card.label
        assert found.cards.card.slug == slug


def test_every_listed_card_names_its_source() -> None:
    records = shipped_content()["gpus"]
    assert len(records) > 30
    assert [record.values["slug"] for record in records if not record.values["sources"]] == []


@given(st.integers(1, 1023))
def test_a_card_known_by_its_size_has_no_more_than_the_least_listed_and_more_gb_never_less(size: int) -> None:
    smaller, larger = (shipped_cards().find(f"{gb} GB").cards for gb in (size, size + 1))
    assert smaller is not None
    assert larger is not None
    assert smaller.card.memory <= larger.card.memory
    listed = [
        card.memory for card in shipped_cards().cards.values() if (card.machine, card.sold_gb) == ("nvidia", size)
    ]
    assert all(smaller.card.memory <= memory for memory in listed)


def test_chooser_and_calculator_use_the_same_memory_of_a_card() -> None:
    listed = {record.values["slug"]: float(record.values["usable_gib"]) for record in shipped_content()["gpus"]}
    for slug, usable in listed.items():
        room = ask(task="complete", gpu=slug, context="1").candidates[-1].room
        assert room is not None
        assert room.usable_gib == pytest.approx(usable * 0.9, abs=0.01)
    assert {
        "t4": 14.56,
        "a10g": 22.0,
        "a100-40gb": 39.49,
        "h100-80gb": 79.11,
        "h200-141gb": 139.8,
    }.items() <= listed.items()


def test_machines_and_old_cards_are_counted_with_what_llama_cpp_loads() -> None:
    for named in ("M2 Max 64 GB", "CPU 64 GB", "V100 16 GB"):
        rooms = ask(gpu=named).candidates[-1].rooms
        assert {(room.form.slug, room.cache.slug) for room in rooms} >= {("gguf-q4-k-m", "16"), ("gguf-q4-k-m", "q8")}
        assert {room.form.slug for room in rooms} <= {"fp16", "gguf-q8-0", "gguf-q4-k-m"}
    old = ask(gpu="t4").candidates[-1].rooms
    assert {room.cache.slug for room in old} == {"16", "q8"}, "a T4 has no kernels for fp8"
    assert all((room.cache.slug == "q8") <= (room.form.slug in {"fp16", "gguf-q8-0", "gguf-q4-k-m"}) for room in old)
    assert {room.cache.slug for room in ask(gpu="l4").candidates[-1].rooms} == {"16", "8"}


def test_more_memory_in_a_mac_is_never_less_for_the_gpu() -> None:
    found = [shipped_cards().find(f"M4 Max {size} GB").cards for size in range(8, 513)]
    usable = [cards.card.memory for cards in found if cards]
    assert len(usable) == len(found)
    assert usable == sorted(usable)


def test_an_eight_bit_cache_counts() -> None:
    room = ask(gpu="a10g", context="32768", after="yes").candidates[0].room
    assert room is not None
    assert room.has_small_cache
