"""The protocols, by the name that an endpoint stores."""

from apps.inference.protocols.base import Protocol
from apps.inference.protocols.openai import OpenAIStyle
from apps.inference.protocols.tgi import TGINative

PROTOCOLS: dict[str, Protocol] = {"openai": OpenAIStyle(), "tgi": TGINative()}


def protocol_named(name: str) -> Protocol:
    """Return the protocol called ``name``; raise ``ValueError`` for an unknown name.

    ``tgi`` is the native protocol of Text Generation Inference, which serves the OpenAI style too. Protocols hold no
    state and may be shared by every stream.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise ValueError(f"There is no protocol {name!r}. The protocols are: {', '.join(PROTOCOLS)}.") from None
