"""The body of ``POST /infill``."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from apps.gateway.forms import Completion
from apps.gateway.forms.shared_fields import StopList, Text, Tokens


class Infill(msgspec.Struct, kw_only=True):
    """A gap to fill. ``prompt`` is the text between ``input_prefix`` and the gap, on the gap's line.

    Text from other files, samplers and time limits are ignored.
    """

    input_prefix: Text = ""
    input_suffix: Text = ""
    prompt: Text = ""
    model: str | None = None
    n_predict: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop: Annotated[StopList, Meta(extra_json_schema={"maxItems": Completion.most_stops})] | None = None
    seed: Annotated[int, Meta(ge=-1, le=2**63 - 1)] | None = None
    stream: bool | None = None
    input_extra: Any = None

    @property
    def only_warms_up(self) -> bool:
        """Return whether the request asks for no text: editors send such requests to warm up the server's cache."""
        return self.n_predict == 0 or not (self.input_prefix or self.prompt or self.input_suffix)

    def as_completion(self, model: str) -> Completion:
        """Return the same request as a completion; ``model`` is used if the body names no model."""
        return Completion(
            model=self.model or model,
            prompt=self.input_prefix + self.prompt,
            suffix=self.input_suffix,
            max_tokens=self.n_predict,
            temperature=self.temperature,
            top_p=self.top_p,
            stop=self.stop,
            seed=self.seed,
        )
