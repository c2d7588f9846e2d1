"""What a model server is asked for when a text is to be continued, or a gap filled."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from apps.generation.models import Generation, Task
from apps.generation.worker.chat_request import COUNT_TIMEOUTS, Destination
from apps.generation.worker.run import Run
from apps.generation.worker.stop_sequences import Reader
from apps.inference.context import estimate_tokens
from apps.inference.errors import ContextTooLong, InferenceError
from apps.inference.prompts import Prompt, ReplyText, infilling_prompt
from apps.inference.prompts.newlines import CRLF, LF, to_lf
from apps.inference.protocols.base import Protocol
from apps.inference.protocols.parameters import MOST_STOPS
from apps.inference.requests import CompletionRequest


@dataclass(frozen=True, slots=True)
class Completing:
    """Turns a generation into a request for one server, and a reader of what comes back.

    A text goes out as it stands. A gap is put into Code Llama's infilling prompt, save for llama.cpp, which knows the
    tokens of its model. Either way a reply that has begun is the end of the text before, so it is continued to the
    byte.
    """

    http: aiohttp.ClientSession
    protocol: Protocol
    destination: Destination

    async def request_for(self, generation: Generation, run: Run) -> tuple[CompletionRequest, Reader]:
        """The request for what is missing of the reply. Raises ``ContextTooLong`` where there is no room for any."""
        parameters = dict(self.destination.parameters)
        stop = list(parameters.pop("stop", None) or ())
        if asked := parameters.get("max_tokens"):
            parameters["max_tokens"] = max(1, asked - run.tokens)
        if generation.task == Task.COMPLETE:
            text, suffix = generation.prompt + run.text, ""
            reply = ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=False, newline=LF)
        elif self.destination.server.kind == "llama.cpp":
            text, suffix = generation.prompt + run.text, generation.suffix
            reply = ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=False, newline=LF)
        else:
            prompt = infilling_prompt(generation.prompt, generation.suffix, stop=stop)
            text, suffix = prompt.text + _continued(prompt, run.text), ""
            # Where a server takes no more, the caller's own end the reply there; ours still end it here.
            stop = [*stop, *(own for own in prompt.stop if own not in stop)][:MOST_STOPS]
            reply = prompt.reply_text()
        await self._limit(text + suffix, parameters)
        return CompletionRequest(text, suffix=suffix, stop=stop, **parameters), Reader(reply)

    async def _limit(self, text: str, parameters: dict[str, Any]) -> None:
        """Keep the reply within the server's window; the estimate errs upwards, so often there is nothing to count."""
        window, asked = self.destination.window, parameters.get("max_tokens")
        if window is None or (asked and estimate_tokens(text) + asked <= window):
            return
        try:
            tokens = await self.protocol.tokenize(self.http, self.destination.server, text, COUNT_TIMEOUTS)
        except InferenceError:
            return  # nobody can say; the server will
        if len(tokens) >= window:
            sentence = f"The text takes {len(tokens)} tokens; the model's window holds {window}, with the reply."
            raise ContextTooLong(sentence, sentence=sentence)
        parameters["max_tokens"] = min(asked or window, window - len(tokens))


def _continued(prompt: Prompt, text: str) -> str:
    return to_lf(text) if prompt.newline == CRLF else text
