"""Cut and order a document for a server: the worker sends and pages show the same bytes.

``Generation.parameters`` may hold two keys for documents beside the sampling parameters. ``order`` is the order of an
infilling prompt; without it, the prefix decides. With ``cut``, a document that does not fit the window is cut instead
of refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.generation.models import Generation, Task
from apps.generation.request_record import RequestRecord
from apps.inference.context import Cut
from apps.inference.prompts import Order, Prompt, ReplyText, infilling_prompt, order_for
from apps.inference.prompts.newlines import CRLF, LF, newline_of, split_to_lf, to_lf
from apps.inference.protocols.parameters import MOST_STOPS
from apps.inference.requests import CompletionRequest
from apps.inference.server import ServerKind

ORDER = "order"
CUT = "cut"


@dataclass(frozen=True, slots=True)
class SentDocument:
    """The text that is sent, the ``suffix`` beside it (llama.cpp), stop sequences, and how the reply is read.

    Servers take few stop sequences, so a server gets the first ones and our reader looks for all of them. ``prompt``
    is the infilling prompt that begins ``text``; ``None`` if the document is sent as it is.
    """

    text: str
    suffix: str
    stop: Sequence[str]
    reply: ReplyText
    prompt: Prompt | None = None


def render_document(  # noqa: PLR0913 (so much decides the bytes)
    generation: Generation,
    *,
    written: str,
    kind: ServerKind,
    stop: Sequence[str],
    order: Order | None = None,
    cut: Cut | None = None,
) -> SentDocument:
    """Return the document to send to a server of ``kind``, which continues ``written``, the reply so far.

    A text is sent as it is. A gap is sent in Code Llama's infilling prompt; llama.cpp makes the prompt itself.
    """
    before, after = (cut or Cut()).of(generation.prompt, generation.suffix)
    if generation.task == Task.COMPLETE:
        return SentDocument(before + written, "", stop[:MOST_STOPS], _plain(stop))
    if kind == "llama.cpp":
        newline = newline_of(before + after)
        prefix, suffix = split_to_lf(before, after) if newline == CRLF else (before, after)
        stop = [to_lf(sequence) for sequence in stop]
        so_far = to_lf(written) if newline == CRLF else written
        reply = ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=False, newline=newline)
        return SentDocument(prefix + so_far, suffix, stop[:MOST_STOPS], reply)
    prompt = infilling_prompt(before, after, order=order, stop=stop)
    # The caller's stop sequences come first.
    both = [*stop, *(own for own in prompt.stop if own not in stop)][:MOST_STOPS]
    so_far = to_lf(written) if prompt.newline == CRLF else written
    return SentDocument(prompt.text + so_far, "", both, prompt.reply_text(), prompt)


def order_of(generation: Generation, kind: ServerKind, cut: Cut) -> Order | None:
    """Return the order of the infilling prompt; ``None`` if the server makes the prompt."""
    if generation.task != Task.INFILL or kind == "llama.cpp":
        return None
    before, after = cut.of(generation.prompt, generation.suffix)
    order: Order | None = generation.parameters.get(ORDER)
    return order or order_for(split_to_lf(before, after)[0])


def recorded_document(generation: Generation, record: RequestRecord, text: str) -> SentDocument:
    """Return what the request of ``record`` sent; ``text`` is the reply."""
    return render_document(
        generation,
        written=text[: record.continued],
        kind=record.kind,
        stop=record.parameters.get("stop", ()),
        order=record.order,
        cut=Cut(record.cut_before, record.cut_after),
    )


def recorded_request(generation: Generation, record: RequestRecord, text: str) -> CompletionRequest:
    """Return the request of ``record``, as it was given to the protocol."""
    sent = recorded_document(generation, record, text)
    return CompletionRequest(sent.text, suffix=sent.suffix, **record.parameters)


def _plain(stop: Sequence[str]) -> ReplyText:
    return ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=False, newline=LF)
