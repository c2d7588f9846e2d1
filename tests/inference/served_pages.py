"""Model servers as far as they describe themselves: each answers by path, in the shape of one kind of server."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Request, Send, Wait, whole

INFO_3 = {
    "model_id": "codellama/CodeLlama-7b-Instruct-hf",
    "max_concurrent_requests": 128,
    "max_best_of": 2,
    "max_stop_sequences": 4,
    "max_input_tokens": 4095,
    "max_total_tokens": 4096,
    "router": "text-generation-router",
    "version": "3.3.7",
    "sha": None,
}
TGI_TOKENS = [{"id": 1, "text": "<s>", "start": 0, "stop": 0}, {"id": 263, "text": "a", "start": 0, "stop": 1}]
METRICS = {
    "tgi": "# TYPE tgi_queue_size gauge\ntgi_queue_size 3\ntgi_batch_current_size 8\n",
    "vllm": 'vllm:num_requests_waiting{engine="0",model_name="m"} 2.0\nvllm:num_requests_running{model_name="m"} 9.0\n',
    "llama.cpp": "llamacpp:requests_processing 4\nllamacpp:requests_deferred 1\n",
}


def models(owner: str, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "owned_by": owner, **more}]}


TGI: dict[str, Any] = {
    "GET /info": INFO_3,
    "GET /v1/models": models("codellama/CodeLlama-7b-Instruct-hf"),
    "GET /metrics": METRICS["tgi"],
    "POST /tokenize": TGI_TOKENS,
    "POST /chat_tokenize": {"tokenize_response": TGI_TOKENS, "templated_text": "<s>[INST] a [/INST]"},
}
VLLM: dict[str, Any] = {
    "GET /version": {"version": "0.12.1"},
    "GET /v1/models": models("vllm", root="m", max_model_len=16384),
    "GET /metrics": METRICS["vllm"],
    "POST /tokenize": {"count": 2, "max_model_len": 16384, "tokens": [1, 263], "token_strs": None},
}
SGLANG: dict[str, Any] = {
    "GET /get_model_info": {"model_path": "m", "tokenizer_path": "m", "is_generation": True},
    "GET /get_server_info": {"version": "0.6.0"},
    "GET /v1/models": models("sglang", max_model_len=8192),
    "POST /tokenize": {"tokens": [1, 263], "count": 2, "max_model_len": 8192},
}
LLAMA_CPP: dict[str, Any] = {
    "GET /props": {
        "default_generation_settings": {"n_ctx": 2048, "params": {"temperature": 0.8}},
        "total_slots": 4,
        "build_info": "b7000-abcdef",
        "chat_template": "",
    },
    "GET /v1/models": {"models": [], **models("llamacpp", meta={"n_ctx_train": 8192})},
    "GET /metrics": METRICS["llama.cpp"],
    "POST /tokenize": {"tokens": [1, {"id": 263, "piece": "a"}]},
    "POST /apply-template": {"prompt": "<s>[INST] a [/INST]"},
    "POST /infill": {"content": "", "stop": True},
}


@dataclass(frozen=True)
class Refusal:
    """A status and what is said with it."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)


class Silence:
    """No answer at all."""


class PageServer(ScriptedServer):
    """Answers ``pages`` by "METHOD /path", text as it is and the rest as JSON; all else is 404."""

    def __init__(self, pages: dict[str, Any]) -> None:
        super().__init__()
        self.pages = pages

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        match self.pages.get(f"{request.method} {request.path}", Refusal(404)):
            case Refusal(status, body):
                answer: tuple[Send | Wait, ...] = whole(status, json.dumps(body).encode())
            case Silence():
                answer = (Wait(),)
            case str() as text:
                answer = whole(200, text.encode(), "text/plain")
            case page:
                answer = whole(200, json.dumps(page).encode())
        await self._play(answer, writer)

    def asked(self, path: str) -> list[Any]:
        """Return the JSON of each request to ``path``."""
        return [request.json for request in self.requests if request.path == path]
