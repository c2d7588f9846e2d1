"""The body of ``POST /generate``, ``/generate_stream`` and TGI's root."""

from typing import Annotated

import msgspec
from msgspec import Meta

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms import Completion
from apps.gateway.forms.shared_fields import Refused, StopList, Tokens

# Parameters that would change the content of the answer. Unknown ones change its style at most, and are ignored.
UNABLE = {
    "adapter_id": "Adapters cannot be chosen here: name another model.",
    "grammar": "Replies are plain text here: leave the grammar out.",
    "decoder_input_details": "The tokens of the prompt are not known here.",
}


class Parameters(msgspec.Struct, kw_only=True):
    """TGI's parameters. Without a temperature, top-p or ``do_sample``, TGI takes the most likely token."""

    max_new_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    do_sample: bool | None = None
    stop: Annotated[StopList, Meta(extra_json_schema={"maxItems": Completion.most_stops})] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    return_full_text: bool | None = None
    details: bool | None = None
    top_n_tokens: Annotated[int, Meta(ge=0, le=5)] | None = None
    best_of: Annotated[int | None, Meta(extra_json_schema={"maximum": 1})] = None

    # Read only to refuse them.
    adapter_id: Refused = None
    grammar: Refused = None
    decoder_input_details: Refused = None

    @property
    def chosen_temperature(self) -> float | None:
        """Return the temperature by TGI's rules: 1 if only sampling was asked for, 0 if nothing was."""
        if self.temperature is not None:
            return self.temperature
        return 1.0 if self.do_sample or self.top_p is not None else 0.0


class Generate(msgspec.Struct, kw_only=True):
    """A text to continue. Only requests to the root read ``stream``."""

    inputs: Annotated[str, Meta(min_length=1, extra_json_schema={"pattern": r"^[^\x00]+$"})]
    parameters: Parameters | None = None
    stream: bool | None = None

    @property
    def wants_details(self) -> bool:
        return bool(self.parameters and self.parameters.details)

    def as_completion(self, model: str) -> Completion:
        """Return the same as a completion by that model. Raises ``InvalidRequest``."""
        given = self.parameters or Parameters()
        for name, sentence in UNABLE.items():
            if getattr(given, name):
                raise InvalidRequest(sentence)
        return Completion(
            model=model,
            prompt=self.inputs,
            max_tokens=given.max_new_tokens,
            temperature=given.chosen_temperature,
            top_p=given.top_p,
            stop=given.stop,
            seed=given.seed,
            logprobs=given.top_n_tokens or None,
            echo=given.return_full_text,
            best_of=given.best_of,
        )
