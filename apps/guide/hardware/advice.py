"""What the arithmetic does not say: windows that are too long, splits that TGI refuses, formats that want more."""

from dataclasses import dataclass

from apps.guide.hardware.memory import gib
from apps.guide.hardware.question import Model, Question

TRAINED = 16_384
KEPT_BITS = 16


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence that belongs beside the result, with the citations it rests on."""

    slug: str
    title: str
    text: str
    cites: tuple[tuple[str, str], ...] = ()


def usable_context(model: Model) -> int:
    """Return the longest window that any source claims for the model."""
    return model.context.claimed or model.context.planned


def warn(question: Question) -> list[Caution]:
    """Return what must be said about a calculation, the most important first."""
    checks = (_context, _split, _format, _kv_precision)
    return [warning for check in checks if (warning := check(question)) is not None]


def _context(question: Question) -> Caution | None:
    model, context = question.model, question.model.context
    if question.context <= context.planned:
        return None
    if context.claimed is None:
        return Caution(
            "context-excluded",
            f"Plan with {context.planned:,} tokens for {model.name}",
            f"{question.context:,} tokens is more than this model supports: it is excepted from the claim of 100,000, "
            f"and {context.planned:,} is what to plan with. The memory is reckoned as asked, but what the "
            f"model writes there is not to be relied on. {context.planned_note}".strip(),
            (*context.claimed_cites, *context.planned_cites),
        )
    if question.context > context.claimed:
        return Caution(
            "context-unclaimed",
            f"Nobody claims {question.context:,} tokens",
            f"The longest window claimed for {model.name} is {context.claimed:,} tokens; it was trained on "
            f"{context.planned:,}.",
            context.claimed_cites,
        )
    return Caution(
        "context-untrained",
        f"Beyond the {context.planned:,} tokens of the training",
        f"Up to {context.claimed:,} are claimed, and perplexity stays low that far; but what stands in the text is "
        f"found less and less reliably beyond {TRAINED:,}: at 24,000, Base 7B found a key at the beginning in 3.1 % "
        "of the trials, after 54.7 % at 16,000. Whether TGI serves these models beyond their configured "
        f"{context.planned:,} was not tested here.",
        (*context.claimed_cites, ("paper", "T17")),
    )


def _split(question: Question) -> Caution | None:
    counts = question.model.shape.shard_counts
    if question.count in counts:
        return None
    listed = ", ".join(str(count) for count in counts[:-1]) + f" or {counts[-1]}"
    shape = question.model.shape
    return Caution(
        "split",
        f"TGI cannot split this model over {question.count} cards",
        f"The number of cards must divide the {shape.heads} attention heads and the {shape.kv_heads} KV heads: "
        f"{listed}. The memory is counted as if it could be split.",
        (("tgi", ""),),
    )


def _format(question: Question) -> Caution | None:
    form, shape = question.form, question.model.shape
    if form.needs_prepared_weights:
        return Caution(
            "prepared-weights",
            "These weights must have been quantized before",
            "TGI does not make them while it loads: put the name of such weights in the place of the model’s.",
            form.cites,
        )
    if form.bits < KEPT_BITS and not form.keeps_embeddings:
        more = gib(shape.embedding_parameters * (KEPT_BITS - form.bits) / 8)
        return Caution(
            "embeddings",
            f"Allow {more:.2f} GiB more for the embedding and the output head",
            "Counted is every weight at this width; quantizers usually leave those two at 16 bits.",
            form.cites,
        )
    return None


def _kv_precision(question: Question) -> Caution | None:
    if not question.precision.dtype:
        return None
    return Caution(
        "kv-precision",
        "An 8-bit KV cache works on CUDA only",
        "It takes half the memory. What it does to the quality of Code Llama’s replies was not measured here, and no "
        "source we read says.",
        (("tgi", ""),),
    )
