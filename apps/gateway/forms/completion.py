"""The body of ``POST /v1/completions``."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, structs

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms.shared_fields import Asking
from apps.generation.services.start import Document

MOST_PROMPTS = 32


class Completion(Asking, kw_only=True):
    """A text to continue; with a ``suffix``, a gap to fill. Several prompts get a completion each."""

    # Editors send the tags of every model family. The model server gets the first few; the worker looks for all.
    most_stops: ClassVar[int] = 32

    prompt: str | Annotated[list[str], Meta(min_length=1, max_length=MOST_PROMPTS)]
    suffix: str | None = None
    echo: bool | None = None
    logprobs: Annotated[int, Meta(ge=0, le=5)] | bool | None = None
    best_of: Annotated[int | None, Meta(extra_json_schema={"maximum": 1})] = None

    @property
    def each(self) -> list["Completion"]:
        """Return one request per prompt, in order."""
        if isinstance(self.prompt, str):
            return [self]
        return [structs.replace(self, prompt=prompt) for prompt in self.prompt]

    @property
    def document(self) -> Document:
        """Return the text around the gap, or the text to continue; of several prompts, the first."""
        before = self.prompt if isinstance(self.prompt, str) else self.prompt[0]
        return Document(before, self.suffix or "")

    @property
    def likely(self) -> int | None:
        return None if self.logprobs is None or self.logprobs is False else int(self.logprobs)

    @property
    def echoed(self) -> str:
        """Return the text that the answer begins with."""
        return self.document.before if self.echo else ""

    def check(self) -> None:
        Asking.check(self)
        if (self.best_of or 1) > 1:
            raise InvalidRequest("Each prompt gets one completion: best_of can only be 1.", param="best_of")
        if self.likely is not None and self.suffix:
            raise InvalidRequest("Log probabilities cannot be had for a filled gap.", param="logprobs")
        if self.likely is not None and self.echo:
            raise InvalidRequest("Log probabilities of the prompt cannot be had: leave echo out.", param="echo")
        if any(not one.document.before and not one.document.after for one in self.each):
            raise InvalidRequest("There is no text to complete.", param="prompt")

    def texts(self) -> Iterator[str]:
        yield from Asking.texts(self)
        yield self.suffix or ""
        yield from (one.document.before for one in self.each)
