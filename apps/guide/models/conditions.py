"""The conditions of the chooser's rules, as stored in the column ``when``."""

from typing import Annotated, Literal

import msgspec

# A model's slug such as "7b-base", or a pattern such as "*-python" or "34b-*".
Pattern = Annotated[str, msgspec.Meta(pattern=r"^(\*|7b|13b|34b|70b)-(\*|base|python|instruct)$")]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The condition of a rule; all given parts must hold, and an empty condition always holds.

    A ``language`` other than Python is ``mixed`` as well; ``not_language`` lists languages that must not be named.
    ``context_over`` (exclusive) and ``context_to`` (inclusive) are in tokens; ``quantized`` and ``small_cache`` ask how
    the model fits.
    """

    task: list[Literal["complete", "generate", "chat", "both", "finetune", "maths"]] = []
    language: list[Literal["python", "mixed", "cpp", "java", "php", "typescript", "csharp", "bash", "other"]] = []
    not_language: list[Literal["python", "cpp", "java", "php", "typescript", "csharp", "bash", "other"]] = []
    after: list[Literal["yes", "no"]] = []
    matters: list[Literal["quality", "speed", "many"]] = []
    context_over: int | None = None
    context_to: int | None = None
    quantized: bool | None = None
    small_cache: bool | None = None
