"""A quick look at an address while an admin types it: what answers there. It stores and generates nothing."""

import asyncio
from dataclasses import dataclass

from apps.endpoints.errors import AddressRefused
from apps.endpoints.security.addresses import normalise_address
from apps.endpoints.security.networks import is_allowed_address
from apps.inference.discovery import Discovered, discover
from apps.inference.errors import InferenceError, clean_detail
from apps.inference.http.connection import open_session
from apps.inference.requests import Timeouts
from apps.inference.server import Server

SECONDS = 4.0
LONGEST_MODEL = 100
KINDS = {"tgi": "Text Generation Inference", "vllm": "vLLM", "sglang": "SGLang", "llama.cpp": "llama.cpp"}


@dataclass(frozen=True, slots=True)
class Look:
    """The result of a look, in one sentence."""

    tone: str
    sentence: str


def look_at(*, url: str, protocol: str, token: str = "") -> Look:
    """Ask the server at ``url`` what it is, for a few seconds at most."""
    try:
        server = Server(normalise_address(url), token=token)
        return Look("good", _found(asyncio.run(_discover(server, protocol)), token))
    except AddressRefused as refusal:
        return Look("neutral", refusal.sentence)
    except InferenceError as error:
        return Look("warning", error.sentence)
    except TimeoutError:
        return Look("warning", f"No answer within {SECONDS:g} seconds.")


async def _discover(server: Server, protocol: str) -> Discovered:
    timeouts = Timeouts(connect=SECONDS, first_token=SECONDS, total=SECONDS)
    async with asyncio.timeout(SECONDS), open_session(is_allowed=is_allowed_address) as http:
        return await discover(http, server, protocol, timeouts)


def _found(found: Discovered, token: str) -> str:
    names = [clean_detail(name.replace(token, "…") if token else name)[:LONGEST_MODEL] for name in found.model_ids[:1]]
    window = f"{found.context_window:,} tokens of context" if found.context_window else ""
    return ", ".join(filter(None, [f"{KINDS.get(found.kind, 'A model server')} answers", *names, window])) + "."
