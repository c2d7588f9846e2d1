"""Read the information pages of model servers by their shape."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from apps.inference.server import ServerKind

PATHS = ("/info", "/v1/models", "/version", "/props", "/get_model_info", "/get_server_info")
_QUEUE_SIZE = re.compile(
    r"^(?:tgi_queue_size|vllm:num_requests_waiting|sglang:num_queue_reqs|llamacpp:requests_deferred)"
    r"(?:\{[^}\n]*\})? ([0-9]{1,9})(?:\.0+)?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts from the pages. Facts that no page states are ``None`` or empty."""

    kind: ServerKind = "unknown"
    version: str = ""
    model_ids: tuple[str, ...] = ()
    context_window: int | None = None
    max_input_tokens: int | None = None
    max_total_tokens: int | None = None
    max_stop_sequences: int | None = None
    max_concurrent_requests: int | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Information pages by path; anything but an object counts as missing."""

    answers: dict[str, Any] = field(default_factory=dict)

    def page(self, path: str) -> dict[str, Any]:
        """Return the object at ``path``, or an empty one."""
        answer = self.answers.get(path)
        return answer if isinstance(answer, dict) else {}

    @property
    def models(self) -> list[dict[str, Any]]:
        data = self.page("/v1/models").get("data")
        return [model for model in data if isinstance(model, dict)] if isinstance(data, list) else []


def read_pages(pages: Pages) -> Facts:
    """Return what the pages say, as the first kind of server that they fit."""
    readers: list[Callable[[Pages], Facts | None]] = [_as_tgi, _as_llama_cpp, _as_sglang, _as_vllm]
    facts = next((facts for reader in readers if (facts := reader(pages))), Facts())
    return replace(
        facts,
        model_ids=facts.model_ids or tuple(_text(model.get("id")) for model in pages.models if _text(model.get("id"))),
        context_window=facts.context_window or _window_of(pages.models),
    )


def read_queue_size(metrics: str) -> int | None:
    """Return how many requests wait, from Prometheus text; over several models their sum."""
    found = _QUEUE_SIZE.findall(metrics)
    return sum(map(int, found)) if found else None


def _as_tgi(pages: Pages) -> Facts | None:
    info = pages.page("/info")
    if not _text(info.get("version")) or _count(info.get("max_total_tokens")) is None:
        return None
    return Facts(
        kind="tgi",
        version=_text(info["version"]),
        model_ids=(_text(info.get("model_id")),) if _text(info.get("model_id")) else (),
        context_window=_count(info["max_total_tokens"]),
        max_input_tokens=_count(info.get("max_input_tokens", info.get("max_input_length"))),
        max_total_tokens=_count(info["max_total_tokens"]),
        max_stop_sequences=_count(info.get("max_stop_sequences")),
        max_concurrent_requests=_count(info.get("max_concurrent_requests")),
    )


def _as_llama_cpp(pages: Pages) -> Facts | None:
    props = pages.page("/props")
    defaults = props.get("default_generation_settings")
    if not isinstance(defaults, dict) and not _owned_by(pages, "llamacpp"):
        return None
    window = defaults.get("n_ctx") if isinstance(defaults, dict) else None
    return Facts(
        kind="llama.cpp",
        version=_text(props.get("build_info")),
        context_window=_count(window) or _count(props.get("n_ctx")),
        max_concurrent_requests=_count(props.get("total_slots")),
    )


def _as_sglang(pages: Pages) -> Facts | None:
    if not _text(pages.page("/get_model_info").get("model_path")) and not _owned_by(pages, "sglang"):
        return None
    return Facts(kind="sglang", version=_text(pages.page("/get_server_info").get("version")))


def _as_vllm(pages: Pages) -> Facts | None:
    version = _text(pages.page("/version").get("version"))
    if not version and not _owned_by(pages, "vllm"):
        return None
    return Facts(kind="vllm", version=version)


def _owned_by(pages: Pages, owner: str) -> bool:
    return any(model.get("owned_by") == owner for model in pages.models)


def _window_of(models: list[dict[str, Any]]) -> int | None:
    """Return the smallest window of the models, which any of them has."""
    windows = [window for model in models if (window := _count(model.get("max_model_len")))]
    return min(windows, default=None)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else None


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) and value.isprintable() else ""
