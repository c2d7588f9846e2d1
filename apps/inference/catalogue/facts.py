"""The types of the facts about a Code Llama model."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

Variant = Literal["base", "python", "instruct"]
Size = Literal["7B", "13B", "34B", "70B"]
Task = Literal["chat", "complete", "infill"]
ChatFormat = Literal["llama-2", "source-destination"]
# A source's key, then where in it: "paper §2.1".
Citation = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+( \S.{0,58})?$")]
Citations = Annotated[tuple[Citation, ...], msgspec.Meta(min_length=1)]


class Support(StrEnum):
    """The support of a task by a model: ``disputed`` if sources disagree, ``unverified`` if none says it."""

    YES = "yes"
    NO = "no"
    DISPUTED = "disputed"
    UNVERIFIED = "unverified"


class Standing(StrEnum):
    """The support of a figure by its sources."""

    VERIFIED = "verified"
    DISPUTED = "disputed"
    UNVERIFIED = "unverified"


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The basis of a fact: its sources, those against it, and a remark for readers."""

    sources: Citations
    against: tuple[Citation, ...] = ()
    note: str = ""


class Ability(Fact, frozen=True, kw_only=True):
    """The ability of a model to do a task; ``ends_with`` are the special tokens by which it ends its text."""

    support: Support
    ends_with: tuple[str, ...] = ()
    format: ChatFormat | None = None

    @property
    def is_promised(self) -> bool:
        """Return whether people may be told that it works."""
        return self.support is Support.YES

    @property
    def may_be_tried(self) -> bool:
        """Return whether at least one source says that it works; without a source it counts as impossible."""
        return self.support in (Support.YES, Support.DISPUTED)


class Figure(Fact, frozen=True, kw_only=True):
    """A number; ``None`` if no source gives one."""

    standing: Standing
    value: int | None = None


class SpecialTokens(Fact, frozen=True, kw_only=True):
    """The special tokens as they are typed, with their ids; ``without_id`` lists tokens whose id is unknown."""

    standing: Standing
    ids: dict[str, int]
    without_id: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        return (*self.ids, *self.without_id)


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A publication that facts rest on."""

    key: str
    title: str
    url: str


class Name(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The identity of a model, and where its weights are published."""

    variant: Variant
    size: Size
    name: str
    repositories: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.variant} {self.size}"


class CodeLlama(msgspec.Struct, frozen=True):
    """One of the twelve models, with all that is known about it; contexts are in tokens.

    ``trained_context`` is the length of the training's sequences, ``claimed_context`` what Meta says the model can
    take, and ``planned_context`` the window to plan with where the server names none.
    """

    variant: Variant
    size: Size
    name: str
    repositories: tuple[str, ...]
    chat: Ability
    complete: Ability
    infill: Ability
    trained_context: Figure
    claimed_context: Figure
    planned_context: Figure
    vocabulary: Figure
    special_tokens: SpecialTokens

    def ability(self, task: Task) -> Ability:
        return {"chat": self.chat, "complete": self.complete, "infill": self.infill}[task]
