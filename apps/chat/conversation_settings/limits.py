"""The limits of settings, in general and on the endpoints that may reply."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.endpoints.models import Endpoint

LONGEST_SYSTEM_PROMPT = 4_000  # characters, about a quarter of a window of 4,096 tokens
LONGEST_STOP = 100  # characters
LONGEST_REPLY_TOKENS = 100_000  # the longest text that Code Llama was tested with
HIGHEST_SEED = 2**31 - 1  # every server takes it
NAMED = 3

WORDS = {"temperature": "{most:g}", "top_p": "{most:g}", "max_tokens": "{most:,}", "stop": "{most}"}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of ``endpoints``, one of which replies. Values above an endpoint's limit are cut."""

    endpoints: Sequence[Endpoint]

    def problem_with(self, name: str, value: Any) -> str:
        """Return why no endpoint allows the value, or ""."""
        asked = len(value) if name == "stop" else value
        allowed = [most for _, most in self._maxima(name)]
        if allowed and len(allowed) == len(self.endpoints) and asked > max(allowed):
            most = WORDS[name].format(most=max(allowed))
            if len(self.endpoints) == 1:
                return f"{self.endpoints[0].name} allows {most} at the most."
            return f"No model server allows more than {most}."
        return self._problem_with_window(asked) if name == "max_tokens" else ""

    def remark_on(self, name: str) -> str:
        """Return which endpoints cut the value, and to what limit, or ""."""
        by_most: dict[Any, list[str]] = {}
        for endpoint, most in self._maxima(name):
            by_most.setdefault(most, []).append(endpoint.name)
        cuts = [f"to {WORDS[name].format(most=most)} on {_listed(names)}" for most, names in sorted(by_most.items())]
        return f"Cut {', '.join(cuts)}." if cuts else ""

    def _maxima(self, name: str) -> list[tuple[Endpoint, Any]]:
        found = [(endpoint, (endpoint.maximum_parameters or {}).get(name)) for endpoint in self.endpoints]
        return [(endpoint, most) for endpoint, most in found if most is not None]

    def _problem_with_window(self, tokens: int) -> str:
        windows = [endpoint.context_window for endpoint in self.endpoints]
        if not windows or None in windows or tokens < (largest := max(window or 0 for window in windows)):
            return ""
        if len(self.endpoints) == 1:
            return f"The window of {self.endpoints[0].name} holds {largest:,} tokens, question and reply together."
        return f"The largest window of a model server holds {largest:,} tokens, question and reply together."


def _listed(names: Iterable[str]) -> str:
    first, rest = list(names)[:NAMED], list(names)[NAMED:]
    if rest:
        return f"{', '.join(first)} and {len(rest)} more"
    return " and ".join([", ".join(first[:-1]), first[-1]] if len(first) > 1 else first)
