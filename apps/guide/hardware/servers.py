"""Model servers and the commands that start them, for a calculation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer:
    """A model server; ``machines``, ``formats`` and ``caches`` are the supported ones, each with its options.

    A server that ``splits_layers`` needs a number of cards that divides the model's matrices.
    """

    slug: str
    name: str
    machines: Mapping[str, str]
    splits_layers: bool
    lines: Sequence[str]
    then: str
    formats: Mapping[str, str]
    formats_70b: Mapping[str, str]
    caches: Mapping[str, str]
    longer: str
    least_capability: float
    note: str
    cites: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """A server with the command that starts it."""

    server: ModelServer
    text: str
