"""The two streams of the OpenAI style: chat chunks and completion chunks."""

from typing import Any

from apps.inference.catalogue import all_special_tokens
from apps.inference.errors import ProtocolError
from apps.inference.protocols.finish_reasons import named_finish_reason
from apps.inference.protocols.reply import Reply, is_count, text_in
from apps.inference.requests import Usage

TGI_END = "eos_token"


class ChatReply(Reply):
    """``choices[0].delta.content``; the usage, if any, comes in a chunk after the finish reason."""

    def take_event(self, event: dict[str, Any]) -> str | None:
        """Read one chunk."""
        choices = event.get("choices")
        text = self._take_choice(choices) if choices else None
        if usage := event.get("usage"):
            self._take_usage(usage, with_text=bool(choices))
        return text

    def _take_choice(self, choices: Any) -> str | None:
        try:
            choice = choices[0]
            if choice.get("index"):
                return None  # a second choice: every request asks for one
            text = self.text_of(choice)
            reason = choice.get("finish_reason")
        except (KeyError, TypeError, AttributeError):
            raise ProtocolError("a chunk without its text") from None
        self.token_count += 1
        named = named_finish_reason(reason)
        if named is not None:
            self.finish_reason = named
            text = self.last_text(text, reason)
        return None if text is None else self.joiner.join(text_in(text))

    def text_of(self, choice: Any) -> Any:
        """Return the text of the one choice that was asked for; the last chunk of some proxies has no delta."""
        delta = choice["delta"] if choice.get("finish_reason") is None else choice.get("delta")
        return None if delta is None else delta.get("content")

    def last_text(self, text: Any, reason: object) -> Any:  # noqa: ARG002 - completions read it
        """Return the text of the chunk with the finish reason."""
        return text

    def _take_usage(self, usage: Any, *, with_text: bool) -> None:
        try:
            prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
        except (KeyError, TypeError):
            return
        if is_count(prompt) and is_count(completion):
            self.usage = Usage(prompt, completion)
            self.is_over = self.finish_reason is not None
            # A usage beside a text may be a running count.
            self.ended_with_usage = completion > 0 or not with_text


class CompletionReply(ChatReply):
    """``choices[0].text``; TGI's finish reason is an empty string until the end, and its usage comes with it."""

    def text_of(self, choice: Any) -> Any:
        """Return the text of the one choice that was asked for."""
        return choice["text"]

    def last_text(self, text: Any, reason: object) -> Any:
        """Return the last text; "" if it is the end token, which TGI writes as text with the reason ``TGI_END``."""
        return "" if reason == TGI_END and text in _end_tokens() else text


def _end_tokens() -> tuple[str, ...]:
    return (*all_special_tokens(), "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<eos>")
