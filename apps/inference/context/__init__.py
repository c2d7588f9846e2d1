"""Fit prompts into a model's context window, and tell what is left out."""

from apps.inference.context.budget import (
    LEAST_REPLY_TOKENS,
    TOKENS_AROUND_A_CHAT,
    TOKENS_AROUND_A_MESSAGE,
    Count,
    Fitted,
    estimate_chat_tokens,
    estimate_messages,
    fit,
)
from apps.inference.context.document import Cut, cut_document
from apps.inference.context.estimate import estimate_tokens

__all__ = [
    "LEAST_REPLY_TOKENS",
    "TOKENS_AROUND_A_CHAT",
    "TOKENS_AROUND_A_MESSAGE",
    "Count",
    "Cut",
    "Fitted",
    "cut_document",
    "estimate_chat_tokens",
    "estimate_messages",
    "estimate_tokens",
    "fit",
]
