"""Text Generation Inference's own API: Hugging Face's client, unmodified, and TGI's shapes to the field."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import GenerationError, HfHubHTTPError, ValidationError

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State, Task
from tests.gateway.calls import ended, events_in, numbers
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("base")]

SECONDS = 60


@pytest.fixture
def base(db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    return add_endpoint(
        name="gpu-1", url=counting_server, protocol="tgi", variant="base", model_id="m/base", max_concurrency=20
    )


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client refuses to call even this machine in offline mode."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture
def key(alice: User) -> str:
    return create_api_key(username="alice")


@pytest.fixture
def tgi(live_asgi_server: str, key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=live_asgi_server, headers=headers, timeout=SECONDS, verify=False) as client:
        yield client


@pytest.mark.parametrize("path", ["", "/tgi/code-llama-base", "/tgi/m/base", "/tgi/gpu-1"])
def test_the_client_gets_a_text(live_asgi_server: str, key: str, path: str) -> None:
    with InferenceClient(model=live_asgi_server + path, token=key, timeout=SECONDS) as client:
        assert client.text_generation("count to 12\n", max_new_tokens=100) == numbers(12)
    generation = Generation.objects.get()
    assert (generation.task, generation.prompt) == (Task.COMPLETE, "count to 12\n")
    assert generation.parameters == {"max_tokens": 100, "temperature": 0.0}


def test_the_client_gets_a_text_with_details(live_asgi_server: str, key: str) -> None:
    with InferenceClient(model=live_asgi_server, token=key, timeout=SECONDS) as client:
        output = client.text_generation("count to 50\n", max_new_tokens=7, details=True, return_full_text=True)
    assert output.generated_text == f"count to 50\n{numbers(7)}"
    assert output.details is not None
    assert (output.details.finish_reason, output.details.generated_tokens) == ("length", 7)


async def test_the_client_streams(live_asgi_server: str, key: str) -> None:
    async with AsyncInferenceClient(model=live_asgi_server, token=key, timeout=SECONDS) as client:
        asked = "count to 40 at 100 per second\n"
        pieces = [piece async for piece in await client.text_generation(asked, stream=True)]
        outputs = [output async for output in await client.text_generation(asked, stream=True, details=True)]
    assert len(pieces) > 2
    assert "".join(pieces) == numbers(40)
    assert "".join(output.token.text for output in outputs if not output.token.special) == numbers(40)
    assert [output.generated_text for output in outputs if output.generated_text] == [numbers(40)]
    assert outputs[-1].details is not None
    assert outputs[-1].details.finish_reason == "eos_token"
    assert [output.index for output in outputs] == list(range(1, len(outputs) + 1))


def test_the_client_chats(live_asgi_server: str, key: str, counting_server: str) -> None:
    add_endpoint(name="gpu-2", url=counting_server, protocol="openai", variant="instruct", max_concurrency=20)
    with InferenceClient(base_url=live_asgi_server, api_key=key, timeout=SECONDS) as client:
        reply = client.chat_completion([{"role": "user", "content": "count to 9"}], max_tokens=50)
        named = client.chat_completion([{"role": "user", "content": "count to 8"}], model="code-llama-instruct")
    assert reply.choices[0].message.content == numbers(9)
    assert named.choices[0].message.content == numbers(8)


def test_the_clients_errors_are_its_own(live_asgi_server: str, key: str) -> None:
    def ask(text: str, path: str = "", token: str = key) -> None:
        with InferenceClient(model=live_asgi_server + path, token=token, timeout=SECONDS) as client:
            client.text_generation(text, max_new_tokens=100)

    with pytest.raises(ValidationError, match="inputs"):
        ask("")
    with pytest.raises(GenerationError):
        ask("count to 90, fail after 3\n")
    with pytest.raises(HfHubHTTPError) as unknown:
        ask("count to 3\n", "/tgi/no-such-model")
    assert unknown.value.response.status_code == 404
    with pytest.raises(HfHubHTTPError) as stranger:
        ask("count to 3\n", token="clw_wrong")
    assert stranger.value.response.status_code == 401


def test_shapes_of_whole_answers(tgi: httpx.Client) -> None:
    asked = {"inputs": "count to 3\n", "parameters": {"details": True, "stop": [" 3"], "seed": 5, "top_p": 0.9}}
    details = {"finish_reason": "eos_token", "generated_tokens": 2, "seed": None, "prefill": [], "tokens": []}
    answer = tgi.post("/generate", json=asked)
    content = answer.json()
    content["details"]["generated_tokens"] = 2  # the model that counts does not know where it was stopped
    assert content == {"generated_text": "1 2", "details": details}
    generation = Generation.objects.get(pk=answer.headers["X-Generation-Id"])
    assert generation.parameters == {"temperature": 1.0, "top_p": 0.9, "stop": [" 3"], "seed": 5}
    assert tgi.post("/", json={"inputs": "count to 2\n"}).json() == [{"generated_text": "1 2"}]
    assert tgi.post("/tgi/gpu-1/generate", json={"inputs": "count to 2\n"}).json() == {"generated_text": "1 2"}


@pytest.mark.parametrize("path", ["/generate_stream", "/tgi/gpu-1/generate_stream"])
def test_shapes_of_streams(tgi: httpx.Client, path: str) -> None:
    with tgi.stream("POST", path, json={"inputs": "count to 3\n"}) as answer:
        *pieces, last = [event["data"] for event in events_in(answer)]
    assert "".join(piece["token"]["text"] for piece in pieces) == numbers(3)
    assert all(piece.keys() == {"index", "token", "generated_text", "details"} for piece in pieces)
    assert last["generated_text"] == numbers(3)
    assert last["token"] == {"id": 0, "text": "", "logprob": None, "special": True}
    assert last["details"] == {"finish_reason": "eos_token", "generated_tokens": 3, "seed": None, "input_length": 10}


@pytest.mark.parametrize(
    "parameters",
    [
        {"best_of": 2},
        {"grammar": {"type": "regex"}},
        {"top_n_tokens": 6},
        {"decoder_input_details": True},
        {"top_p": 2},
        {"stop": ["x"] * 33},
    ],
)
def test_what_cannot_be_done_is_said(tgi: httpx.Client, parameters: dict[str, object]) -> None:
    answer = tgi.post("/generate", json={"inputs": "count to 3\n", "parameters": parameters})
    assert answer.status_code == 422
    assert answer.json().keys() == {"error", "error_type"}
    assert answer.json()["error_type"] == "validation"
    assert not Generation.objects.exists()


def test_a_stream_that_fails_ends_with_an_error(tgi: httpx.Client) -> None:
    answer = tgi.post("/generate_stream", json={"inputs": "count to 90, fail after 3\n"})
    last = answer.text.strip().splitlines()[-1]
    assert '"error_type":"generation"' in last


def test_leaving_cancels(tgi: httpx.Client) -> None:
    with tgi.stream(
        "POST", "/generate_stream", json={"inputs": "count to 9000 at 20 per second and hold at 50\n"}
    ) as answer:
        assert next(event for event in events_in(answer) if event["data"]["token"]["text"])
    assert ended(Generation.objects.get(pk=answer.headers["X-Generation-Id"])).state == State.CANCELLED


@pytest.mark.parametrize("path", ["/tgi/a%0Ab/generate", "/tgi/a%0A", "/llama.cpp/%0A/infill", "/v1/models/a%0Ab"])
def test_names_with_line_breaks_are_unknown_names(tgi: httpx.Client, path: str) -> None:
    answer = tgi.get(path) if path.startswith("/v1") else tgi.post(path, json={"inputs": "x", "prompt": "x"})
    assert answer.status_code == 404
    assert "There is no model" in answer.text
    assert answer.headers["Content-Type"] == "application/json"


def test_the_root_is_still_a_page(tgi: httpx.Client) -> None:
    assert "<html" in tgi.get("/").text
    assert tgi.get("/generate").status_code == 405
    assert tgi.get("/generate").json() == {"error": "This address takes POST only."}
