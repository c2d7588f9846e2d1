"""The protocols, by the name that an endpoint stores."""

from apps.inference.protocols.base import Protocol
from apps.inference.protocols.openai import OpenAIStyle

_OPENAI_STYLE = OpenAIStyle()
PROTOCOLS: dict[str, Protocol] = {"openai": _OPENAI_STYLE, "tgi": _OPENAI_STYLE}


def protocol_named(name: str) -> Protocol:
    """Return the protocol called ``name``; raise ``ValueError`` for a name that there is none of.

    ``tgi`` is the OpenAI style for now: Text Generation Inference has served ``/v1/chat/completions`` since 1.4.
    Its native protocol will take the name over. Protocols hold no state and may be shared by every stream.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise ValueError(f"There is no protocol {name!r}. The protocols are: {', '.join(PROTOCOLS)}.") from None
