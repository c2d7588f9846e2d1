"""Renders the three kinds of prompts."""

from collections.abc import Sequence
from typing import Literal

from apps.inference.catalogue import capabilities_of
from apps.inference.errors import InvalidRequest
from apps.inference.prompts.dialogue import Message, read_dialogue
from apps.inference.prompts.infilling import Order, infilling_pieces, order_for
from apps.inference.prompts.instruct import hub_template_pieces, llama_2_pieces, source_destination_pieces
from apps.inference.prompts.newlines import newline_of, split_to_lf, to_lf
from apps.inference.prompts.prompt import BOS, EOS, Prompt, special, text
from apps.inference.prompts.tags import take_special_tokens_apart

Template = Literal["reference", "hub"]
EOT = "<EOT>"
# The space is part of the token; some servers leave it out of the text.
INFILLING_STOP = (f" {EOT}", EOT)


def chat_prompt(messages: Sequence[Message], *, size: str, template: Template = "reference") -> Prompt:
    """Render a conversation for Code Llama Instruct of ``size``.

    ``messages`` are an optional system prompt, then user and assistant in turn; a last message of the assistant is
    continued as it stands. ``template`` matters at 70B only: the reference code's format, or that of the template on
    the Hub. Raises ``InvalidRequest`` for a wrong order or an unknown size.
    """
    chat = capabilities_of("instruct", size).chat
    dialogue = read_dialogue(messages)
    if chat.format == "llama-2":
        pieces = llama_2_pieces(dialogue)
    elif template == "hub":
        pieces = hub_template_pieces(dialogue)
    else:
        pieces = source_destination_pieces(dialogue)
    # Every server ends at EOS by itself; as a stop sequence it would end replies that quote HTML.
    stop = () if chat.ends_with == (EOS,) else chat.ends_with
    return Prompt(tuple(pieces), stop, chat.ends_with, drops_leading_space=not dialogue.partial)


def completion_prompt(document: str, *, stop: Sequence[str] = ()) -> Prompt:
    """Render ``document`` to be continued from its end; CRLF is sent as LF and restored in the reply.

    Special tokens in it are taken apart. Raises ``InvalidRequest`` for an empty document or stop sequence.
    """
    if not document:
        _refuse("There is no text to complete.")
    return Prompt(
        (special(BOS), text(take_special_tokens_apart(to_lf(document)))),
        stop=_checked(stop),
        newline=newline_of(document),
    )


def infilling_prompt(prefix: str, suffix: str, *, order: Order | None = None, stop: Sequence[str] = ()) -> Prompt:
    """Render a gap to be filled between ``prefix`` and ``suffix``, of which nothing is stripped.

    ``order`` is chosen by ``order_for(prefix)`` unless given. CRLF is sent as LF and restored in the reply. The
    document is then ``prefix + reply + suffix``. Special tokens in both texts are taken apart. Raises
    ``InvalidRequest`` for an empty stop sequence. The catalogue says which models can fill in the middle.
    """
    before, after = map(take_special_tokens_apart, split_to_lf(prefix, suffix))
    return Prompt(
        tuple(infilling_pieces(before, after, order or order_for(before))),
        stop=(*INFILLING_STOP, *_checked(stop)),
        ends_with=(EOT, EOS),
        newline=newline_of(prefix + suffix),
    )


def _checked(stop: Sequence[str]) -> tuple[str, ...]:
    if not all(stop):
        _refuse("A stop sequence cannot be empty.")
    return tuple(to_lf(sequence) for sequence in stop)


def _refuse(sentence: str) -> None:
    raise InvalidRequest(sentence, sentence=sentence)
