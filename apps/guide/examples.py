"""Questions to try a model with."""

from urllib.parse import urlencode

from django.urls import reverse

# The chat asks Instruct models only, so only these can be tried there.
QUESTIONS = {
    "instruct": "Write a Python function that takes a URL and returns a list of all links on the page.",
}


def try_url(variant: str) -> str:
    """Return the address of a chat with a fitting question typed in, not sent; empty where the chat cannot ask it."""
    question = QUESTIONS.get(variant)
    return f"{reverse('chat:home')}?{urlencode({'prompt': question})}" if question else ""
