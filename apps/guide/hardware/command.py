"""The commands that start each server for a calculation, for servers that can run it."""

from collections.abc import Sequence

from apps.guide.hardware.question import HardwareQuestion, Model
from apps.guide.hardware.servers import ModelServer, ServerCommand

# Tokens of the window reserved for the reply; a quarter of a small window.
REPLY_TOKENS = 1024
LARGEST = "70B"
OLLAMA_NAMES = {"base": "code", "python": "python", "instruct": "instruct"}


def limits(context: int) -> tuple[int, int]:
    """Split a window into the longest prompt and the total; TGI requires the total to be larger."""
    total = max(2, context)
    return total - max(1, min(REPLY_TOKENS, total // 4)), total


def supports(server: ModelServer, question: HardwareQuestion) -> bool:
    """Tell whether the server can run this on these cards, given enough memory."""
    card = question.card
    capability = card.capability if card.capability is not None else float("inf")
    return (
        card.machine in server.machines
        and question.form.slug in server.formats
        and question.precision.slug in server.caches
        and (card.machine != "nvidia" or capability >= least_capability(server, question))
        and (question.splits or not server.splits_layers)
        and (question.count == 1 or not card.is_machine)
    )


def least_capability(server: ModelServer, question: HardwareQuestion) -> float:
    """Return NVIDIA's compute capability that the server, the weights and the cache need."""
    return max(server.least_capability, question.form.least_capability, question.precision.least_capability)


def write_commands(question: HardwareQuestion, servers: Sequence[ModelServer], window: int) -> list[ServerCommand]:
    """Return the commands that start the model with a window of that many tokens, in the order of the servers."""
    return [ServerCommand(server, _fill(server, question, window)) for server in servers if supports(server, question)]


def _fill(server: ModelServer, question: HardwareQuestion, window: int) -> str:
    model = question.model
    names = _names(model, prepared=question.form.needs_prepared_weights)
    formats = {**server.formats, **(server.formats_70b if model.size == LARGEST else {})}
    prompt, total = limits(window)
    gaps = {
        **names,
        "machine": server.machines[question.card.machine],
        "format": formats[question.form.slug].format_map(names),
        "cache": server.caches[question.precision.slug],
        "longer": server.longer if total > model.context.planned else "",
        "cards": question.count,
        "context": total,
        "prompt": prompt,
        "sequences": question.sequences,
        "all_tokens": total * question.sequences,
    }
    lines = [" ".join(line.format_map(gaps).split()) for line in server.lines]
    command = " \\\n  ".join(line for line in lines if line)
    return f"{command}\n{server.then.format_map(gaps)}" if server.then else command


def _names(model: Model, *, prepared: bool) -> dict[str, str]:
    """Return a model's names: on the hub, of its GGUF files there, of a local file, and in Ollama."""
    size, file = model.size, model.repository.rpartition("/")[2]
    suffix = {"python": "-Python", "instruct": "-Instruct"}.get(model.variant, "-hf" if size == LARGEST else "")
    return {
        "model": f"YOUR-QUANTIZED-{file}" if prepared else model.repository,
        "gguf": f"TheBloke/CodeLlama-{size}{suffix}-GGUF",
        "file": file.removesuffix("-hf"),
        "tag": f"{size.lower()}-{OLLAMA_NAMES[model.variant]}",
    }
