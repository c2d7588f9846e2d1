"""Spell a choice as JSON, as ``docs/api.md`` describes."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from apps.guide.choosing.answers import QUESTIONS
from apps.guide.choosing.choose import Choice, LeftOut, Reason, Suggestion
from apps.guide.choosing.memory import Room
from apps.guide.hardware.catalogue import Cards
from apps.guide.hardware.memory import gib
from apps.guide.models import CodeModel


def report(choice: Choice, notices: Sequence[str]) -> dict[str, Any]:
    """Return the choice as plain values; figures in GiB are rounded to hundredths."""
    return {
        "answers": {question.name: getattr(choice.answers, question.name) for question in QUESTIONS},
        "cards": _cards(choice.answers.cards),
        "notices": list(notices),
        "why": _reasons(choice.why),
        "recommended": _suggestion(choice.recommended),
        "runner_up": _suggestion(choice.runner_up),
        "also": [_suggestion(suggestion) for suggestion in choice.also],
        "excluded": [_left_out(left_out) for left_out in choice.left_out],
    }


def _cards(cards: Cards | None) -> dict[str, Any] | None:
    if cards is None:
        return None
    return {"name": cards.card.label, "count": cards.count, "usable_gib_each": round(gib(cards.card.memory), 2)}


def _suggestion(suggestion: Suggestion | None) -> dict[str, Any] | None:
    if suggestion is None:
        return None
    return {
        **_model(suggestion.model),
        "reasons": _reasons(suggestion.reasons),
        "cautions": _reasons(suggestion.cautions),
        "memory": _memory(suggestion.room) if suggestion.room else None,
        "precisions": [_memory(room) for room in suggestion.rooms],
        "served_here": suggestion.serving.is_served,
        "up_here": suggestion.serving.is_up,
    }


def _left_out(left_out: LeftOut) -> dict[str, Any]:
    return {**_model(left_out.model), "reasons": _reasons(left_out.reasons)}


def _model(model: CodeModel) -> dict[str, Any]:
    return {
        "model": model.slug,
        "name": model.name,
        "variant": model.variant.slug,
        "size": model.size,
        "repository": model.hf_id,
        "url": reverse("guide:model", args=[model.slug]),
    }


def _memory(room: Room) -> dict[str, Any]:
    return {
        "precision": room.form.label,
        "kv_cache": room.cache.label,
        "cards": room.fit.count,
        "weights_gib": round(room.weights_gib, 2),
        "kv_gib_per_request": round(room.kv_gib, 2),
        "usable_gib": round(room.usable_gib, 2),
        "headroom_gib": round(room.headroom_gib, 2),
        "requests_at_once": room.requests,
    }


def _reasons(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {
            "text": reason.text,
            "basis": reason.basis or "Sources",
            "sources": [
                {
                    "key": cite.source.key,
                    "title": cite.source.title,
                    "place": cite.place,
                    "url": cite.source.url,
                    "checked_on": cite.source.checked_on.isoformat(),
                }
                for cite in reason.cites
            ],
        }
        for reason in reasons
    ]
