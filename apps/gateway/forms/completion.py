"""The body of ``POST /v1/completions``."""

from collections.abc import Iterator
from typing import Any

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms.asking import Asking
from apps.gateway.forms.reading import read
from apps.generation.services.start import Document


class Completion(Asking, kw_only=True):
    """A text to continue; with a ``suffix``, a gap to fill."""

    prompt: str | list[Any]
    suffix: str | None = None
    echo: bool | None = None
    best_of: int | None = None

    @property
    def document(self) -> Document:
        before = self.prompt if isinstance(self.prompt, str) else str(self.prompt[0])
        return Document(before, self.suffix or "")

    @property
    def echoed(self) -> str:
        """Return the text that the answer begins with."""
        return self.document.before if self.echo else ""

    def __post_init__(self) -> None:
        if isinstance(self.prompt, list) and not (len(self.prompt) == 1 and isinstance(self.prompt[0], str)):
            raise InvalidRequest("The prompt must be one text, not several and not tokens.", param="prompt")

    def texts(self) -> Iterator[str]:
        yield from Asking.texts(self)
        yield from (self.document.before, self.document.after)


def read_completion(body: bytes) -> Completion:
    """Read a request. Raises ``InvalidRequest``, naming the field."""
    asked = read(body, Completion)
    if (asked.best_of or 1) > 1:
        raise InvalidRequest("Each request gets one completion: best_of can only be 1.", param="best_of")
    document = asked.document
    if not document.before and not document.after:
        raise InvalidRequest("There is no text to complete.", param="prompt")
    return asked
