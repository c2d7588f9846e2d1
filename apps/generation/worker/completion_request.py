"""Build the request to continue a text or fill a gap."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from apps.generation.models import Generation, Task
from apps.generation.worker.attempt import Attempt
from apps.generation.worker.chat_request import COUNT_TIMEOUTS, Destination
from apps.generation.worker.stop_sequences import StopSequenceReader
from apps.inference.context import estimate_tokens
from apps.inference.errors import ContextTooLong, InferenceError
from apps.inference.prompts import Prompt, ReplyText, infilling_prompt
from apps.inference.prompts.newlines import CRLF, LF, to_lf
from apps.inference.protocols.base import Protocol
from apps.inference.protocols.parameters import MOST_STOPS
from apps.inference.requests import CompletionRequest


@dataclass(frozen=True, slots=True)
class CompletionRequestBuilder:
    """Builds the request for one endpoint, and the reader of its deltas.

    A text is sent as it is. A gap is sent in Code Llama's infilling prompt; llama.cpp knows its model's own tokens.
    The reply so far is sent as the end of the text before, so it is continued to the byte.
    """

    http: aiohttp.ClientSession
    protocol: Protocol
    destination: Destination

    async def request_for(
        self, generation: Generation, attempt: Attempt
    ) -> tuple[CompletionRequest, StopSequenceReader]:
        """Return the request for the rest of the reply. Raises ``ContextTooLong`` if there is no room for any."""
        parameters = dict(self.destination.parameters)
        stop = list(parameters.pop("stop", None) or ())
        if asked := parameters.get("max_tokens"):
            parameters["max_tokens"] = max(1, asked - attempt.tokens)
        if generation.task == Task.COMPLETE:
            text, suffix = generation.prompt + attempt.text, ""
            reply = ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=False, newline=LF)
        elif self.destination.server.kind == "llama.cpp":
            text, suffix = generation.prompt + attempt.text, generation.suffix
            reply = ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=False, newline=LF)
        else:
            prompt = infilling_prompt(generation.prompt, generation.suffix, stop=stop)
            text, suffix = prompt.text + _continued(prompt, attempt.text), ""
            # The caller's stop sequences come first: a server may take few. Ours are looked for here anyway.
            stop = [*stop, *(own for own in prompt.stop if own not in stop)][:MOST_STOPS]
            reply = prompt.reply_text()
        await self._limit(text + suffix, parameters)
        return CompletionRequest(text, suffix=suffix, stop=stop, **parameters), StopSequenceReader(reply)

    async def _limit(self, text: str, parameters: dict[str, Any]) -> None:
        """Keep the reply within the context window. Count only if the estimate, which errs upwards, does not fit."""
        window, asked = self.destination.window, parameters.get("max_tokens")
        if window is None:
            return
        longest = min(window - 1, self.destination.longest_prompt or window)
        estimate = estimate_tokens(text)
        if asked and estimate + asked <= window and estimate <= longest:
            return
        try:
            tokens = await self.protocol.tokenize(self.http, self.destination.server, text, COUNT_TIMEOUTS)
        except InferenceError:
            return  # the server itself will refuse
        if len(tokens) > longest:
            sentence = (
                f"The text takes {len(tokens):,} tokens; the model server takes at most {longest:,}. Shorten the text."
            )
            raise ContextTooLong(sentence, sentence=sentence)
        parameters["max_tokens"] = min(asked or window, window - len(tokens))


def _continued(prompt: Prompt, text: str) -> str:
    return to_lf(text) if prompt.newline == CRLF else text
