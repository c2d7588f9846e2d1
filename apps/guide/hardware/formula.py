"""The calculation, step by step, with the numbers filled in."""

from dataclasses import dataclass

from apps.guide.hardware.fit import RESERVE, Fit
from apps.guide.hardware.memory import GB, Format, Shape, rounded, weight_bytes
from apps.guide.hardware.question import HardwareQuestion


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the calculation: label, formula, numbers and result."""

    name: str
    formula: str
    filled: str
    result: str


def in_gib(size: float) -> str:
    """Bytes as “12.55 GiB”."""
    return f"{rounded(size):,} GiB".replace("-", "−")


def _weights(shape: Shape, form: Format) -> Step:
    size = weight_bytes(shape, form)
    formula, filled = "P × bits ÷ 8", f"{shape.parameters:,} × {form.bits:g} ÷ 8"
    if form.keeps_embeddings:
        kept = f"{shape.embedding_parameters:,}"
        formula = "(P − 2·V·d) × bits ÷ 8 + 2·V·d × 2"
        filled = f"({shape.parameters:,} − {kept}) × {form.bits:g} ÷ 8 + {kept} × 2"
    return Step("Weights", formula, filled, f"{size:,} bytes = {in_gib(size)} ({rounded(size, GB):,} GB)")


def _parameters(shape: Shape) -> Step:
    kv_width = f"2·{shape.hidden:,}·({shape.kv_heads} × {shape.head_size})"
    layer = f"2·{shape.hidden:,}² + {kv_width} + 3·{shape.hidden:,}·{shape.feed_forward:,} + 2·{shape.hidden:,}"
    return Step(
        "Parameters, P",
        "2·V·d + L·(2·d² + 2·d·(n × h) + 3·d·f + 2·d) + d",
        f"2·{shape.vocabulary:,}·{shape.hidden:,} + {shape.layers}·({layer}) + {shape.hidden:,}",
        f"{shape.parameters:,}",
    )


def work_out(question: HardwareQuestion, fit: Fit) -> list[Step]:
    """Return the steps from the model's shape to the memory left on the chosen cards."""
    shape, precision, need = question.model.shape, question.precision, fit.need
    memory, reserve, per_token = in_gib(fit.capacity), in_gib(fit.reserve), need.per_token
    return [
        _parameters(shape),
        _weights(shape, question.form),
        Step(
            "KV cache for one token",
            "2 × L × n × h × bytes",
            f"2 × {shape.layers} × {shape.kv_heads} × {shape.head_size} × {precision.bits / 8:g}",
            f"{per_token:,} bytes = {per_token / 1024:,g} KiB",
        ),
        Step(
            "KV cache",
            "bytes for one token × tokens × sequences",
            f"{per_token:,} × {question.context:,} × {question.sequences:,}",
            f"{need.kv:,} bytes = {in_gib(need.kv)}",
        ),
        Step(
            "Reserve",
            f"{RESERVE:.0%} of the memory",
            f"{RESERVE:g} × {fit.count} × {in_gib(fit.card.memory)}",
            reserve,
        ),
        Step(
            "Left over",
            "memory − reserve − weights − KV cache",
            f"{memory} − {reserve} − {in_gib(need.weights)} − {in_gib(need.kv)}",
            f"{in_gib(fit.headroom)} ({fit.headroom_share:.1%} of the memory)".replace("(-", "(−"),
        ),
        Step(
            "Room for tokens",
            "(memory − reserve − weights) ÷ bytes for one token",
            f"({memory} − {reserve} − {in_gib(need.weights)}) ÷ {per_token:,} bytes",
            f"{fit.room_for_tokens:,} tokens of all sequences together",
        ),
    ]
