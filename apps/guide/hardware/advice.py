"""Cautions beside the arithmetic: windows that are too long, formats without a server, and extra memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.guide.hardware.command import least_capability, supports
from apps.guide.hardware.memory import gib
from apps.guide.hardware.question import HardwareQuestion, Model
from apps.guide.hardware.servers import ModelServer

TRAINED = 16_384
KEPT_BITS = 16
# A prompt of this many tokens takes gibibytes of activations.
LONG_PROMPT = 32_768


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence beside the result, with its citations; ``stops`` means that the model cannot run at all."""

    slug: str
    title: str
    text: str
    cites: tuple[tuple[str, str], ...] = ()
    stops: bool = False


def usable_context(model: Model) -> int:
    """Return the longest window that any source claims for the model."""
    return model.context.claimed or model.context.planned


def warn(question: HardwareQuestion, servers: Sequence[ModelServer]) -> list[Caution]:
    """Return the cautions about a calculation, the most important first."""
    found = [_no_server(question, servers), _context(question), _split(question, servers)]
    found += [_prompt(question), _format(question), _cache(question), _eager(question)]
    return [caution for caution in found if caution is not None]


def _no_server(question: HardwareQuestion, servers: Sequence[ModelServer]) -> Caution | None:
    if not servers or any(supports(server, question) for server in servers):
        return None
    for reason in (_machine, _combination, _capability):
        if caution := reason(question, servers):
            return caution
    title = f"None of the servers runs {question.form.label} on {question.count} cards"
    return Caution("no-server", title, "Choose 1, 2, 4 or 8 cards, or another format.", stops=True)


def _machine(question: HardwareQuestion, servers: Sequence[ModelServer]) -> Caution | None:
    card = question.card
    fitting = [server for server in servers if card.machine in server.machines]
    if card.is_machine and question.count > 1:
        return Caution("one-machine", f"{card.label}: one at a time", "Set the number of cards to 1.", stops=True)
    if any(question.form.slug in server.formats for server in fitting):
        return None
    names = " and ".join(server.name for server in fitting)
    return Caution(
        "machine",
        f"{question.form.label} does not run on a {card.label}",
        f"Only {names} run there: choose 16 bits or one of the GGUF formats.",
        tuple(cite for server in fitting for cite in server.cites),
        stops=True,
    )


def _combination(question: HardwareQuestion, servers: Sequence[ModelServer]) -> Caution | None:
    form, cache = question.form, question.precision
    fitting = [server for server in servers if question.card.machine in server.machines and form.slug in server.formats]
    if any(cache.slug in server.caches for server in fitting):
        return None
    names = ", ".join(server.name for server in fitting)
    return Caution(
        "combination",
        f"This KV cache does not go with {form.label}",
        f"These weights run on {names}, which store the KV cache in another format: choose 16 bits, or the other 8-bit "
        "cache.",
        tuple(cite for server in fitting for cite in server.cites),
        stops=True,
    )


def _capability(question: HardwareQuestion, servers: Sequence[ModelServer]) -> Caution | None:
    card, form, cache = question.card, question.form, question.precision
    fitting = [server for server in servers if form.slug in server.formats and cache.slug in server.caches]
    if card.capability is None or not fitting:
        return None
    least = min(least_capability(server, question) for server in fitting)
    if card.capability >= least:
        return None
    what = "An fp8 KV cache" if cache.least_capability > card.capability >= form.least_capability else form.label
    return Caution(
        "capability",
        f"{what} does not run on the {card.label}",
        f"It needs compute capability {least:.1f}, and this card has {card.capability:.1f}. fp8 has kernels for 8.0 "
        "and later: A100, A10G, L4, L40S, RTX 30x0 and 40x0, H100. GGUF formats run on this card as well.",
        tuple(dict.fromkeys((*form.cites, *(cite for server in fitting for cite in server.cites)))),
        stops=True,
    )


def _context(question: HardwareQuestion) -> Caution | None:
    model, context = question.model, question.model.context
    if question.context <= context.planned:
        return None
    if context.claimed is None:
        return Caution(
            "context-excluded",
            f"Plan with {context.planned:,} tokens for {model.name}",
            f"{question.context:,} tokens is more than this model supports: the claim of 100,000 leaves it out. The "
            f"memory is calculated as asked, but don't rely on what the model writes there. "
            f"{context.planned_note}".strip(),
            (*context.claimed_cites, *context.planned_cites),
        )
    if question.context > context.claimed:
        return Caution(
            "context-unclaimed",
            f"{question.context:,} tokens are more than Meta claims",
            f"The longest window claimed for {model.name} is {context.claimed:,} tokens; it was trained on "
            f"{context.planned:,}.",
            context.claimed_cites,
        )
    return Caution(
        "context-untrained",
        f"Beyond the {context.planned:,} tokens of the training",
        f"Up to {context.claimed:,} are claimed, and perplexity stays low that far; but models find what stands in the "
        f"text ever less reliably beyond {TRAINED:,}: at 24,000 tokens, Base 7B found a key at the beginning in 3.1 % "
        f"of the trials, after 54.7 % at 16,000. The servers were not tested here beyond the configured "
        f"{context.planned:,}.",
        (*context.claimed_cites, ("paper", "T17")),
    )


def _split(question: HardwareQuestion, servers: Sequence[ModelServer]) -> Caution | None:
    if question.splits or question.card.is_machine:
        return None
    shape, form = question.model.shape, question.form
    counts = [count for count in shape.shard_counts if shape.keeps_groups(count, form.group_size)]
    listed = ", ".join(str(count) for count in counts[:-1]) + f" or {counts[-1]}" if len(counts) > 1 else "1"
    groups = f", in whole groups of {form.group_size} weights" if form.group_size else ""
    names = ", ".join(server.name for server in servers if server.splits_layers) or "TGI, vLLM and SGLang"
    return Caution(
        "split",
        f"{names} cannot split this model over {question.count} cards",
        f"The number of cards must divide the {shape.heads} attention heads, the {shape.kv_heads} KV heads and the "
        f"{shape.feed_forward:,} columns of the feed-forward network{groups}: {listed}. llama.cpp and Ollama put whole "
        "layers on each card, so any number does. The memory is counted as if it could be split.",
        (("tgi", ""), ("tgi-weights", "get_sharded")),
    )


def _prompt(question: HardwareQuestion) -> Caution | None:
    """Warn of a prompt that is run through the model at once: gate and up projections of one layer, at 16 bits."""
    if question.context < LONG_PROMPT:
        return None
    size = 2 * question.context * question.model.shape.feed_forward * 2
    return Caution(
        "prefill",
        f"Reading a prompt of this length can take {gib(size):.1f} GiB more",
        "That much holds the two projections of one feed-forward layer, if the whole prompt goes through at once. "
        "Servers cut long prompts into chunks (chunked prefill), which takes far less. Meta used four A100 for 100,000 "
        "tokens on 34B, and its reference code ran out of memory even there.",
        (("codellama-75", ""),),
    )


def _format(question: HardwareQuestion) -> Caution | None:
    form, shape = question.form, question.model.shape
    if form.needs_prepared_weights:
        made = "Put their name in the place of the model’s." if not form.is_gguf else "The commands name public ones."
        return Caution(
            "prepared-weights",
            "These weights must have been quantized before",
            f"No server makes them while it loads. {made}",
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


def _cache(question: HardwareQuestion) -> Caution | None:
    if question.precision.bits == KEPT_BITS:
        return None
    return Caution(
        "kv-precision",
        "An 8-bit KV cache can cost quality",
        "It takes about half the memory. vLLM warns of errors where its scales are not calibrated, and Ollama calls "
        "the loss of q8_0 very small; for Code Llama, neither was measured here.",
        (("vllm-docs", "quantized KV cache"), ("ollama-docs", "")),
    )


def _eager(_question: HardwareQuestion) -> Caution:
    return Caution(
        "transformers",
        "Counted for a model server with a paged KV cache",
        "Plain Transformers needs far more: 7B at 8 bits took 16 GB with 3,000 tokens and 22 GB with 6,000 on an RTX "
        "3090, as a user reports.",
        (("codellama-198", ""),),
    )
