"""The two orders of an infilling prompt, and the choice between them.

Source: ``infilling_prompt_tokens`` in ``llama/generation.py`` of the reference repository; the choice follows the
paper's appendix E.
"""

import unicodedata
from typing import Literal

from apps.inference.prompts.prompt import BOS, Piece, special, text

Order = Literal["psm", "spm"]
PRE = "<PRE>"
# The space belongs to these two tokens, as it does to the first one, where the tokenizer adds it.
SUF = " <SUF>"
MID = " <MID>"
# Llama's vocabulary has these characters in one token with ``>``, such as ``>(``, and prefers it to the whole token.
_GLUED = tuple("\"%&'(),./:;<=>?@[\\`{\r")


def infilling_pieces(prefix: str, suffix: str, order: Order) -> list[Piece]:
    """Render ``<PRE> prefix <SUF>suffix <MID>`` (PSM) or ``<PRE> <SUF>suffix <MID> prefix`` (SPM).

    A space follows ``<SUF>`` where the suffix begins with a character that the tokenizer would join with its end. The
    reference has no space there, but writes the token by its id, which no text can do.
    """
    before = _text(f" {prefix}") if prefix else []
    join = " " if suffix.startswith(_GLUED) else ""
    after = [special(SUF), *_text(f"{join}{suffix}"), special(MID)]
    start = [special(BOS), special(PRE)]
    return [*start, *before, *after] if order == "psm" else [*start, *after, *before]


def order_for(prefix: str) -> Order:
    """Choose PSM when ``prefix`` ends inside or right after a word, SPM when it ends between tokens.

    In SPM the prefix and what follows it were one text when the model was trained, so that a word cut in two is
    nothing it has seen: with random cuts 7B solves 39% in SPM and 60% in PSM, with whole lines 83% and 74% (paper,
    table 14). A word at the end counts as cut, since nothing shows that it is whole.
    """
    return "psm" if prefix and _is_of_a_word(prefix[-1]) else "spm"


def _is_of_a_word(character: str) -> bool:
    # Marks continue the letter before them.
    return character == "_" or unicodedata.category(character)[0] in "LNM"


def _text(content: str) -> list[Piece]:
    return [text(content)] if content else []
