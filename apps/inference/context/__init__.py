"""What fits into a model's window, and what has to stay out."""

from apps.inference.context.budget import Count, Fitted, estimate_chat_tokens, fit
from apps.inference.context.estimate import estimate_tokens

__all__ = ["Count", "Fitted", "estimate_chat_tokens", "estimate_tokens", "fit"]
