"""GPUs as people name them in an answer: by memory, or as the calculator does."""

import re
from dataclasses import dataclass

MOST_CARDS = 8
MOST_GIGABYTES = 1024
CARDS = re.compile(r"^(?:(?P<count>\d{1,2})\s*[x×]\s*)?(?P<card>.+)$", re.IGNORECASE)
MEMORY = re.compile(r"^(?P<memory>\d{1,4})\s*(?:gi?b)?$", re.IGNORECASE)
# The memory that each is sold with, in GB; of an A100 without a size the larger is meant.
NAMED = {
    "t4": 16,
    "a10g": 24,
    "l4": 24,
    "rtx 3090": 24,
    "rtx 4090": 24,
    "a100 40gb": 40,
    "l40s": 48,
    "a100": 80,
    "a100 80gb": 80,
    "h100": 80,
    "h100 80gb": 80,
    "h200": 141,
    "h200 141gb": 141,
}


@dataclass(frozen=True, slots=True)
class Cards:
    """GPUs of one kind: how many, and the memory that each is sold with, in GB."""

    count: int
    gigabytes: int

    @property
    def total(self) -> int:
        return self.count * self.gigabytes

    @property
    def answer(self) -> str:
        """As an address spells them: ``24`` or ``2x80``."""
        return f"{self.gigabytes}" if self.count == 1 else f"{self.count}x{self.gigabytes}"

    def __str__(self) -> str:
        return f"{self.count} × {self.gigabytes} GB"


def read_cards(raw: str) -> Cards | None:
    """Return the cards that somebody names, ``None`` for what names none or more than one host has."""
    found = CARDS.match(raw.strip())
    if not found or not raw.replace("×", "x").isascii():
        return None
    count, memory = int(found["count"] or 1), _memory(found["card"])
    if not (1 <= count <= MOST_CARDS and 1 <= memory <= MOST_GIGABYTES):
        return None
    return Cards(count, memory)


def _memory(card: str) -> int:
    """GB of a card by its size or its name; 0 where neither is known."""
    if found := MEMORY.match(card):
        return int(found["memory"])
    name = re.sub(r"[\s_-]+", " ", card.lower()).removeprefix("nvidia ")
    return NAMED.get(re.sub(r"(\d) gb$", r"\1gb", name), 0)
