"""Code Llama's prompts, byte for byte: chat, completion and filling in the middle."""

from apps.inference.prompts.dialogue import Message
from apps.inference.prompts.infilling import Order, order_for
from apps.inference.prompts.prompt import Piece, Prompt
from apps.inference.prompts.rendering import Template, chat_prompt, completion_prompt, infilling_prompt
from apps.inference.prompts.reply import ReplyText
from apps.inference.prompts.stops import PYTHON_FUNCTION_STOPS

__all__ = [
    "PYTHON_FUNCTION_STOPS",
    "Message",
    "Order",
    "Piece",
    "Prompt",
    "ReplyText",
    "Template",
    "chat_prompt",
    "completion_prompt",
    "infilling_prompt",
    "order_for",
]
