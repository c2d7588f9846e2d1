"""What a rule of the chooser may ask of the answers, as its column ``when`` keeps it."""

from typing import Annotated, Literal

import msgspec

# A model's slug such as "7b-base", or a pattern such as "*-python" or "34b-*".
Pattern = Annotated[str, msgspec.Meta(pattern=r"^(\*|7b|13b|34b|70b)-(\*|base|python|instruct)$")]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The condition of a rule; all that is given must hold, and an empty one always does.

    A ``language`` other than Python is ``mixed`` as well; ``not_language`` are those that must not be named.
    ``context_over`` and ``context_to`` are in tokens, the first without and the second with the bound; ``quantized``
    and ``small_cache`` ask how the model fits.
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
