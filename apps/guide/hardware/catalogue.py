"""The cards and machines of the guide; finds a card by a name or an amount of memory."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.guide.hardware.fit import Card
from apps.guide.hardware.memory import GIB, gib

MOST_CARDS = 8
MOST_GIGABYTES = 1024
MEMORY_RANGE = f"A card or machine has 1 to {MOST_GIGABYTES:,} GB of memory, in whole GB."
# macOS gives the GPU two thirds of unified memory up to 32 GB, and three quarters from 64 GB, as seen in logs.
APPLE_SHARE, LARGE_APPLE_SHARE, LARGE_APPLE = 2 / 3, 3 / 4, 64

# Three digits and more may be a card's name, as in “3090 x2” and “RTX 4090”.
COUNT_BEFORE = re.compile(
    r"^(\d{1,2})\s*x\s*(?=\S)|^(\d{3,9})\s*x\s*(?=[a-z])|^(\d{1,2})\s+(?=[a-z])(?!g\b|gb\b|gib\b)"
)
COUNT_AFTER = re.compile(r"(?<=\S)\s*x\s*(\d{1,2})$|\sx\s*(\d{3,9})$")
COUNT_WORDS = {"single": 1, "one": 1, "dual": 2, "two": 2, "three": 3, "four": 4, "quad": 4, "six": 6, "eight": 8}
MEMORY = re.compile(r"(?<![\w.])(\d{1,15})\s*(?:gib|gb|g)\b|^(\d{1,4})$")
NO_MEMORY = re.compile(r"\s*(?:[-−]\s*\d|\d*[.,]\d+\s*(?:gib|gb|g)?\s*$)", re.IGNORECASE)
# Words that many cards share.
NOISE = {"nvidia", "geforce", "tesla", "quadro", "gpu", "gpus", "card", "cards", "vram", "graphics", "of", "with", "a"}
NOISE |= {"sxm", "sxm2", "sxm4", "sxm5", "pcie", "hbm2", "hbm2e", "hbm3"}
APPLE_WORDS = {"apple", "silicon", "mac", "macbook", "imac", "macs", "macmini", "macstudio"}
APPLE_CHIP = re.compile(r"^m[1-9](?:pro|max|ultra)?$")
CPU_WORDS = {"cpu", "ram", "none"}


@dataclass(frozen=True, slots=True)
class Cards:
    """Equal cards of one host, or one machine."""

    count: int
    card: Card

    @property
    def answer(self) -> str:
        """Return the cards as an address spells them: ``24``, ``2x80`` or ``2xrtx-3090``."""
        return self.card.slug if self.count == 1 else f"{self.count}x{self.card.slug}"

    @property
    def usable_gib(self) -> float:
        return gib(self.count * self.card.memory)

    def __str__(self) -> str:
        return self.card.label if self.card.is_machine else f"{self.count} × {self.card.label}"


@dataclass(frozen=True, slots=True)
class Meant:
    """The cards that a name means, and a sentence if the name is ambiguous. Without ``cards`` it asks for more."""

    cards: Cards | None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The cards and machines by slug, in the order of pages."""

    cards: Mapping[str, Card]
    _named: Mapping[str, Sequence[Card]] = field(init=False)

    def __post_init__(self) -> None:
        named: dict[str, list[Card]] = {}
        for card in self.cards.values():
            names = (card.slug, *card.aliases, _plain(card.label))
            for name in dict.fromkeys(_key(name) for name in names):
                named.setdefault(name, []).append(card)
        object.__setattr__(self, "_named", named)

    def find(self, raw: str) -> Meant:
        """Return the cards for a typed name such as “2x RTX 3090”, “A100 80GB” or “M2 Max 64 GB”."""
        written = re.sub(r"(?<=\d),(?=\d{3}\b)", "", raw.strip().lower())
        text = re.sub(r"[^\w.×*]+|_", " ", written).replace("×", "x").replace("*", "x").strip()
        if NO_MEMORY.match(written) or not text or not text.isascii():
            return Meant(None, MEMORY_RANGE if NO_MEMORY.match(written) else _unknown(raw))
        count, text = _take_count(text)
        if (card := self.cards.get(text.replace(" ", "-"))) is not None:
            return _meant(raw, count, card)
        memory, text = _take_memory(text)
        words = [word for word in text.split() if word not in NOISE]
        if memory is not None and not 1 <= memory <= MOST_GIGABYTES:
            return Meant(None, MEMORY_RANGE)
        if any(word in APPLE_WORDS or APPLE_CHIP.match(word) for word in words):
            return self._machine(raw, count, memory, "apple")
        if words and set(words) <= CPU_WORDS | {"only", "no"}:
            return self._machine(raw, count, memory, "cpu")
        return self._card(raw, count, memory, words)

    def _card(self, raw: str, count: int, memory: int | None, words: Sequence[str]) -> Meant:
        known = self._known("".join(words)) if words else ()
        fitting = [card for card in known if memory in {None, card.sold_gb}]
        if fitting:
            least = min(fitting, key=lambda card: card.memory)
            others = [card.label for card in fitting if card is not least]
            doubt = f"Taken as {least.label}; for the other, write “{others[0]}”." if others else ""
            return _meant(raw, count, least, doubt)
        if memory is None:
            return Meant(None, _unknown(raw))
        doubt = "" if known or not words else f"“{_short(raw)}” is not in our list: counted as a card of {memory} GB."
        return _meant(raw, count, self._of_size(memory), doubt)

    def _known(self, name: str) -> Sequence[Card]:
        """Return the cards of a name; also try it with “rtx” in front and without a plural s."""
        shorter = re.sub(r"^(?:rtx|gtx)", "", name)
        spellings = (name, shorter, name.removesuffix("s"), shorter.removesuffix("s"))
        return next((self._named[spelling] for spelling in spellings if spelling in self._named), ())

    def _of_size(self, memory: int) -> Card:
        """Return a card that is known by its size alone, with no more memory than any listed card of that size."""
        listed = [card for card in self.cards.values() if card.machine == "nvidia"]
        worst = min((card.memory / card.sold_gb for card in listed), default=0.9 * GIB)
        least: dict[int, int] = {}
        for card in listed:
            least[card.sold_gb] = min(card.memory, least.get(card.sold_gb, card.memory))
        usable = max([memory * worst, *(size for sold, size in least.items() if sold <= memory)])
        return Card(slug=f"{memory}", label=f"{memory} GB", memory=round(usable), sold_gb=memory)

    def _machine(self, raw: str, count: int, memory: int | None, machine: str) -> Meant:
        if memory is None:
            example = "M2 Max 64 GB" if machine == "apple" else "CPU 64 GB"
            return Meant(None, f"How much memory does “{_short(raw)}” have? Write it behind the name: “{example}”.")
        smaller = [card for card in self.cards.values() if card.machine == machine and card.sold_gb <= memory]
        listed = (card for card in smaller if card.sold_gb == memory)
        share = 1.0 if machine == "cpu" else LARGE_APPLE_SHARE if memory >= LARGE_APPLE else APPLE_SHARE
        label = f"Mac with {memory} GB" if machine == "apple" else f"CPU with {memory} GB of RAM"
        other = Card(
            slug=f"{machine}-{memory}gb",
            label=label,
            memory=max([round(memory * share * GIB), *(card.memory for card in smaller)]),
            sold_gb=memory,
            machine=machine,
        )
        return _meant(raw, count, next(listed, other))


def catalogue(cards: Iterable[Card]) -> Catalogue:
    """Return the catalogue of these cards."""
    return Catalogue({card.slug: card for card in cards})


def _meant(raw: str, count: int, card: Card, doubt: str = "") -> Meant:
    if card.is_machine and count != 1:
        return Meant(None, f"“{_short(raw)}”: the models run on one machine of this kind, not on several.")
    if not 1 <= count <= MOST_CARDS:
        return Meant(None, f"“{_short(raw)}”: one host has 1 to {MOST_CARDS} cards here.")
    return Meant(Cards(count, card), doubt)


def _take_count(text: str) -> tuple[int, str]:
    """Return how many cards are meant, and the rest of the text."""
    first, _, rest = text.partition(" ")
    if first in COUNT_WORDS and rest:
        return COUNT_WORDS[first], rest
    for pattern in (COUNT_BEFORE, COUNT_AFTER):
        if found := pattern.search(text):
            number = next(group for group in found.groups() if group)
            return int(number), (text[: found.start()] + text[found.end() :]).strip()
    return 1, text


def _take_memory(text: str) -> tuple[int | None, str]:
    """Return the GB that the text names, and the rest of it. A bare number beyond any memory is a card's name."""
    found = MEMORY.search(text)
    if not found or (found[2] and int(found[2]) > MOST_GIGABYTES):
        return None, text
    return int(found[1] or found[2]), (text[: found.start()] + " " + text[found.end() :]).strip()


def _plain(label: str) -> str:
    """Return a label without its memory size and without words that many cards share."""
    return " ".join(word for word in _take_memory(label.lower())[1].split() if word not in NOISE)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _short(raw: str) -> str:
    plain = "".join(character if character.isprintable() else "�" for character in raw.strip())
    return plain if len(plain) <= 40 else plain[:39] + "…"  # noqa: PLR2004 - what a sentence can hold


def _unknown(raw: str) -> str:
    short = _short(raw)
    if not any(character.isalnum() for character in short):
        return f"“{short}” names no card. Write its name or its memory, such as “RTX 3090” or “24 GB”."
    return f"“{short}” is not in our list. How much memory does it have? Write it behind the name, as “{short} 24 GB”."
