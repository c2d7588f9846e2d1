"""The schemas of ``hardware.toml`` and ``servers.toml``."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from string import Formatter
from typing import Annotated, Any

import msgspec

from apps.guide.models import Gpu, Server
from apps.guide.schema import CitationText, Entry, Label, Note, Number, Slug
from apps.guide.toml_file import TomlFile

# The placeholders in a line of a server's command.
NAMES = {"model", "gguf", "file", "tag"}
OPTIONS = {"machine", "format", "cache", "longer"}
FIGURES = {"cards", "context", "prompt", "sequences", "all_tokens"}
Options = Annotated[str, msgspec.Meta(max_length=120)]
Alias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9 ]+$", max_length=40)]
CommandLine = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class GpuEntry(Entry):
    """A kind of GPU or machine; the order in the file is the order on pages."""

    slug: Slug
    name: Label
    memory_gb: Number
    usable_gib: Decimal
    machine: Gpu.Machine = Gpu.Machine.NVIDIA
    capability: Decimal | None = None
    aliases: list[Alias] = []
    note: Note = ""
    sources: list[CitationText] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.usable_gib <= 0:
            raise ValueError("a card has some memory")
        if (self.machine is Gpu.Machine.NVIDIA) != (self.capability is not None):
            raise ValueError("an NVIDIA GPU has a compute capability, and nothing else has")


class QuantizationEntry(Entry):
    """A way to store weights; the order in the file is the order on pages."""

    slug: Slug
    label: Label
    bits: Decimal
    overhead_bits: Decimal = Decimal(0)
    keeps_embeddings: bool = False
    needs_prepared_weights: bool = False
    least_capability: Decimal = Decimal(0)
    group_size: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 0
    flag: Annotated[str, msgspec.Meta(max_length=60)] = ""
    note: Note = ""
    sources: list[CitationText] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bits <= 0 or self.overhead_bits < 0:
            raise ValueError("weights take some bits")


class ServerEntry(Entry):
    """A model server; ``formats`` and ``caches`` name what it loads, each with its options."""

    slug: Slug
    name: Label
    machines: Annotated[dict[Gpu.Machine, Options], msgspec.Meta(min_length=1)]
    split: Server.Split
    lines: Annotated[list[CommandLine], msgspec.Meta(min_length=1)]
    formats: dict[Slug, Options]
    caches: dict[Slug, Options]
    formats_70b: dict[Slug, Options] = {}
    then: Annotated[str, msgspec.Meta(max_length=200)] = ""
    longer: Options = ""
    least_capability: Decimal = Decimal(0)
    note: Annotated[str, msgspec.Meta(max_length=400)] = ""
    sources: list[CitationText] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        options = [*self.machines.values(), *self.formats.values(), *self.formats_70b.values(), *self.caches.values()]
        for text in (*self.lines, self.then):
            _check_gaps(text, NAMES | OPTIONS | FIGURES)
        for text in (*options, self.longer):
            _check_gaps(text, NAMES)

    def rows(self) -> Iterator[dict[str, Any]]:
        for row in super().rows():
            yield {**row, "machines": {str(machine): options for machine, options in self.machines.items()}}


def _check_gaps(text: str, filled_in: set[str]) -> None:
    gaps = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    if unknown := sorted(gaps - filled_in):
        raise ValueError(f"nothing is filled in for {{{unknown[0]}}}")


def check_gpus(file: TomlFile, gpus: Sequence[GpuEntry]) -> None:
    """Raise a ``ContentError`` where two cards of the same size go by the same name."""
    seen: set[tuple[str, int]] = set()
    for index, gpu in enumerate(gpus):
        for alias in gpu.aliases:
            if (alias, gpu.memory_gb) in seen:
                raise file.error("gpus", index, f"{alias!r} is another card of that size as well", field="aliases")
            seen.add((alias, gpu.memory_gb))
