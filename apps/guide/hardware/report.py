"""The answer as JSON, for scripts: sizes in bytes, some also in GiB for readers."""

from typing import Any

from apps.guide.hardware.answer import Answer, CardRow
from apps.guide.hardware.fit import RESERVE, TIGHT, Fit
from apps.guide.hardware.memory import rounded
from apps.guide.hardware.question import HardwareQuestion, Model


def report(answer: Answer) -> dict[str, Any]:
    """Return everything that the page shows. Sizes are bytes (``…_gib`` are 2^30), shares go from 0 to 1."""
    return {
        "question": _question(answer.question),
        "model": _model(answer.question.model),
        "weights_bytes": answer.need.weights,
        "weights_gib": float(rounded(answer.need.weights)),
        "kv_bytes_per_token": answer.need.per_token,
        "kv_bytes": answer.need.kv,
        "kv_gib": float(rounded(answer.need.kv)),
        "fit": _fit(answer.fit),
        "room_for_sequences": answer.room_for_sequences,
        "steps": [
            {"name": step.name, "formula": step.formula, "with_numbers": step.filled, "result": step.result}
            for step in answer.steps
        ],
        "gpus": [_card(row) for row in answer.rows],
        "warnings": [{"code": item.slug, "title": item.title, "text": item.text} for item in answer.warnings],
        "runs": answer.stops is None,
        "tgi_command": next((command.text for command in answer.commands if command.server.slug == "tgi"), ""),
        "commands": [
            {"server": command.server.slug, "name": command.server.name, "command": command.text}
            for command in answer.commands
        ],
        "assumptions": {"reserve_share": RESERVE, "tight_below_share": TIGHT},
    }


def _question(question: HardwareQuestion) -> dict[str, Any]:
    return {
        "model": question.model.slug,
        "weights": question.form.slug,
        "context": question.context,
        "sequences": question.sequences,
        "kv": question.precision.slug,
        "gpu": question.card.slug,
        "memory_gib": float(rounded(question.card.memory)),
        "gpus": question.count,
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "parameters": model.shape.parameters,
        "layers": model.shape.layers,
        "kv_heads": model.shape.kv_heads,
        "head_size": model.shape.head_size,
        "planned_context": model.context.planned,
        "claimed_context": model.context.claimed,
        "shard_counts": model.shape.shard_counts,
    }


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "verdict": fit.verdict.value,
        "memory_gib": float(rounded(fit.capacity)),
        "reserve_gib": float(rounded(fit.reserve)),
        "headroom_bytes": fit.headroom,
        "headroom_gib": float(rounded(fit.headroom)),
        "headroom_share": round(fit.headroom_share, 4),
        "room_for_tokens": fit.room_for_tokens,
    }


def _card(row: CardRow) -> dict[str, Any]:
    fewest = row.fewest
    return {
        "gpu": row.fit.card.slug,
        "name": row.fit.card.label,
        **_fit(row.fit),
        "fewest": {"gpus": fewest.count, "verdict": fewest.verdict.value} if fewest else None,
    }
