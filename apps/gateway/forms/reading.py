"""Read a request's body, and refuse what cannot be done as it is asked."""

import re

import msgspec

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms.asking import Asking
from apps.inference.protocols.parameters import MOST_STOPS

PLACE = re.compile(r" - at `\$\.(\w+)")
# Fields that would change the content of the answer. Unknown fields change its style at most, and are ignored.
UNABLE = {
    "tools": "Tools cannot be called here.",
    "functions": "Functions cannot be called here.",
    "logprobs": "Log probabilities are not known here.",
    "top_logprobs": "Log probabilities are not known here.",
    "logit_bias": "Tokens cannot be given a bias here.",
    "audio": "Only text can be answered here.",
    "response_format": "Replies are plain text here: leave the format out, and ask for one in words.",
}
PLAIN = {"type": "text"}


def read[Asked: Asking](body: bytes, kind: type[Asked]) -> Asked:
    """Read a request. Raises ``InvalidRequest``, naming the field."""
    try:
        asked = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.") from None
    _refuse_what_cannot_be_done(asked)
    if any("\0" in text for text in asked.texts()):
        raise InvalidRequest("A text holds a NUL character, which cannot be stored.")
    return asked


def _refuse_what_cannot_be_done(asked: Asking) -> None:
    for name, sentence in UNABLE.items():
        if (value := getattr(asked, name)) and value != PLAIN:
            raise InvalidRequest(sentence, param=name)
    if len(asked.stops) > MOST_STOPS:
        raise InvalidRequest(f"At most {MOST_STOPS} stop sequences can be given.", param="stop")
    if asked.n not in (None, 1):
        raise InvalidRequest("Each request gets one reply: n can only be 1.", param="n")


def _invalid(reason: str) -> InvalidRequest:
    place = PLACE.search(reason)
    return InvalidRequest(f"{reason}.", param=place[1] if place else None)
