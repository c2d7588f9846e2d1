"""Which model servers can run what was asked, why the others cannot, and the commands that start them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A model server; ``machines``, ``formats`` and ``caches`` are what it supports, each with the options for it.

    One that ``splits_layers`` needs a number of cards by which the model's matrices can be divided.
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
class Command:
    """A server with the command that starts it."""

    server: Server
    text: str
