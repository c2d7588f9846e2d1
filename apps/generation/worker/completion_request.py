"""Build the request to continue a text or fill a gap."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from apps.generation.documents import CUT, ORDER, order_of, render_document
from apps.generation.models import Generation
from apps.generation.worker.attempt import Attempt
from apps.generation.worker.chat_request import COUNT_TIMEOUTS, Destination, check_continued
from apps.generation.worker.stop_sequences import StopSequenceReader
from apps.inference.context import Cut, cut_document, estimate_tokens
from apps.inference.errors import ContextTooLong, InferenceError
from apps.inference.protocols.base import Protocol
from apps.inference.requests import CompletionRequest

TOKENS_AROUND_A_DOCUMENT = 16
CUTS = 4  # tries, each with a smaller document: the estimate of a part may be wrong


@dataclass(frozen=True, slots=True)
class CompletionRequestBuilder:
    """Builds the request for one endpoint, and the reader of its deltas.

    The reply so far is sent as the end of the text before the gap, so the model continues it to the byte.
    """

    http: aiohttp.ClientSession
    protocol: Protocol
    destination: Destination

    async def request_for(
        self, generation: Generation, attempt: Attempt
    ) -> tuple[CompletionRequest, StopSequenceReader]:
        """Return the request for the rest of the reply. Note in ``attempt`` the cut and the order.

        Raises ``ContextTooLong`` if there is no room for any reply, and ``CannotContinue``.
        """
        check_continued(attempt, self.destination.parameters)
        parameters = dict(self.destination.parameters)
        stop = list(parameters.pop("stop", None) or ())
        order, may_cut = parameters.pop(ORDER, None), parameters.pop(CUT, False)
        if asked := parameters.get("max_tokens"):
            parameters["max_tokens"] = max(1, asked - attempt.tokens)
        kind = self.destination.server.kind
        attempt.cut = await self._cut(generation, asked) if may_cut else Cut()
        attempt.order = order_of(generation, kind, attempt.cut)
        sent = render_document(
            generation, written=attempt.text, kind=kind, stop=stop, order=order or attempt.order, cut=attempt.cut
        )
        await self._limit(sent.text + sent.suffix, parameters)
        request = CompletionRequest(sent.text, suffix=sent.suffix, stop=sent.stop, **parameters)
        return request, StopSequenceReader(sent.reply)

    async def _cut(self, generation: Generation, asked: int | None) -> Cut:
        """Return the cut after which document and reply fit the window. The reply gets at most half of the window."""
        window = self.destination.window
        if window is None:
            return Cut()
        reply = min(asked or window // 4, window // 2)
        longest = min(window - reply, self.destination.longest_prompt or window)
        room = max(1, longest - TOKENS_AROUND_A_DOCUMENT)
        before, after = generation.prompt, generation.suffix
        if estimate_tokens(before + after) <= room:
            return Cut()
        tokens = await self._count(before + after)
        budget = room
        for _ in range(CUTS):
            cut = cut_document(before, after, room=budget, tokens=tokens)
            kept = await self._count("".join(cut.of(before, after))) if cut and tokens is not None else None
            if kept is None or kept <= room:
                break
            budget = budget * room // (kept + 1)
        return cut

    async def _count(self, text: str) -> int | None:
        """Return the server's own count; ``None`` if it does not count."""
        try:
            return len(await self.protocol.tokenize(self.http, self.destination.server, text, COUNT_TIMEOUTS))
        except InferenceError:
            return None

    async def _limit(self, text: str, parameters: dict[str, Any]) -> None:
        """Keep the reply within the context window. Count only if the estimate, which errs upwards, does not fit."""
        window, asked = self.destination.window, parameters.get("max_tokens")
        if window is None:
            return
        longest = min(window - 1, self.destination.longest_prompt or window)
        estimate = estimate_tokens(text)
        if asked and estimate + asked <= window and estimate <= longest:
            return
        tokens = await self._count(text)
        if tokens is None:
            return  # the server itself will refuse
        if tokens > longest:
            sentence = (
                f"The text takes {tokens:,} tokens; the model server takes at most {longest:,}. Shorten the text."
            )
            raise ContextTooLong(sentence, sentence=sentence)
        parameters["max_tokens"] = min(asked or window, window - tokens)
