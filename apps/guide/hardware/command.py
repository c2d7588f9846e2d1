"""How Text Generation Inference is started for a calculation."""

from apps.endpoints.console.recipes import DOCKER_RUN
from apps.guide.hardware.memory import Format, Precision

# What of the window is kept for the reply: this many tokens, or a quarter of a small window.
REPLY_TOKENS = 1024


def limits(context: int) -> tuple[int, int]:
    """Split a window into the longest prompt and the total, which TGI wants to be more."""
    total = max(2, context)
    return total - max(1, min(REPLY_TOKENS, total // 4)), total


def tgi_options(*, repository: str, form: Format, precision: Precision, context: int, count: int) -> list[str]:
    """Return what follows the image's name, one group of options an item."""
    longest_prompt, total = limits(context)
    options = [f"--model-id {repository}"]
    if form.flag:
        options.append(form.flag)
    if precision.dtype:
        options.append(f"--kv-cache-dtype {precision.dtype}")
    options.append(f"--num-shard {count}")
    options.append(f"--max-input-tokens {longest_prompt} --max-total-tokens {total}")
    return options


def tgi_command(options: list[str]) -> str:
    """Return the whole line for the GPU host, folded for reading."""
    return " \\\n  ".join((*DOCKER_RUN, *options))
