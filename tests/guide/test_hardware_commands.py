"""The commands of the servers: only where one runs, and right for each size, format, cache and number of cards."""

import re
from dataclasses import replace
from http import HTTPStatus
from itertools import product
from typing import Any

import pytest
from django.test import Client

from apps.endpoints.console.recipes import RECIPES
from apps.guide.hardware.answer import answer
from apps.guide.hardware.fit import Verdict
from apps.guide.hardware.question import HardwareQuestion, Known
from apps.guide.hardware.selectors import read_known
from apps.guide.models import Quantization, Server

URL = "/guide/hardware.json"
TENSOR = {"tgi", "vllm", "sglang"}
LAYERS = {"llama-cpp", "ollama"}
ROOM = {"gpu": "h200-141gb"}


def ask(client: Client, **question: str) -> dict[str, Any]:
    response = client.get(URL, question)
    assert response.status_code == HTTPStatus.OK, response.content
    told: dict[str, Any] = response.json()
    return told


def commands(client: Client, **question: str) -> dict[str, str]:
    """The commands by server, each on one line."""
    told = ask(client, **question)
    return {one["server"]: " ".join(one["command"].replace("\\", " ").split()) for one in told["commands"]}


def codes(client: Client, **question: str) -> set[str]:
    return {warning["code"] for warning in ask(client, **question)["warnings"]}


def option(command: str, name: str) -> str:
    """The value of an option in a command."""
    (value,) = re.findall(rf"(?:^| ){re.escape(name)} (\S+)", command)
    return str(value)


@pytest.mark.parametrize(
    ("weights", "servers"),
    [
        ("fp16", TENSOR | LAYERS),
        ("eetq", {"tgi"}),
        ("fp8", TENSOR),
        ("bitsandbytes-nf4", TENSOR),
        ("awq", TENSOR),
        ("gptq", TENSOR),
        ("gguf-q8-0", LAYERS),
        ("gguf-q6-k", LAYERS),
        ("gguf-q5-k-m", LAYERS),
        ("gguf-q4-k-m", LAYERS),
    ],
)
def test_each_format_has_the_servers_that_load_it(guide: None, client: Client, weights: str, servers: set[str]) -> None:
    assert commands(client, model="7b-base", weights=weights, **ROOM).keys() == servers


@pytest.mark.parametrize("model", ["7b-base", "13b-python", "34b-instruct", "70b-base"])
def test_the_model_is_named_as_each_server_wants_it(guide: None, client: Client, model: str) -> None:
    size, variant = model.split("-")
    repository = {"base": f"CodeLlama-{size}-hf"}.get(variant, f"CodeLlama-{size}-{variant.title()}-hf")
    said = commands(client, model=model, gpus="4", **ROOM)
    assert option(said["tgi"], "--model-id") == f"codellama/{repository}"
    assert option(said["vllm"], "vllm/vllm-openai:latest") == f"codellama/{repository}"
    assert option(said["sglang"], "--model-path") == f"codellama/{repository}"
    assert option(said["llama-cpp"], "--model") == f"{repository.removesuffix('-hf')}-F16.gguf"
    assert said["ollama"].endswith(f"ollama run codellama:{size}-{variant.replace('base', 'code')}-fp16")


def test_gguf_files_are_named_by_repository_and_type(guide: None, client: Client) -> None:
    named = {
        ("7b-base", "gguf-q4-k-m"): "TheBloke/CodeLlama-7B-GGUF:Q4_K_M",
        ("13b-python", "gguf-q5-k-m"): "TheBloke/CodeLlama-13B-Python-GGUF:Q5_K_M",
        ("34b-instruct", "gguf-q8-0"): "TheBloke/CodeLlama-34B-Instruct-GGUF:Q8_0",
        ("70b-base", "gguf-q4-k-m"): "TheBloke/CodeLlama-70B-hf-GGUF:Q4_K_M",
        ("70b-instruct", "gguf-q5-k-m"): "TheBloke/CodeLlama-70B-Instruct-GGUF:Q5_K_M",
    }
    for (model, weights), repository in named.items():
        said = commands(client, model=model, weights=weights, context="4096", **ROOM)
        assert option(said["llama-cpp"], "--hf-repo") == repository
    said = commands(client, model="70b-instruct", weights="gguf-q8-0", context="4096", **ROOM)
    assert option(said["llama-cpp"], "--model") == "CodeLlama-70b-Instruct-Q8_0.gguf", "it comes in two parts"
    assert said["ollama"].endswith("codellama:70b-instruct-q8_0")


def test_context_and_sequences_are_what_was_asked(guide: None, client: Client) -> None:
    said = commands(client, model="7b-base", context="8192", sequences="4", gpus="2", **ROOM)
    assert option(said["tgi"], "--max-total-tokens") == "8192"
    assert option(said["tgi"], "--max-input-tokens") == "7168"
    assert option(said["tgi"], "--num-shard") == "2"
    assert option(said["vllm"], "--max-model-len") == "8192"
    assert option(said["vllm"], "--max-num-seqs") == "4"
    assert option(said["vllm"], "--tensor-parallel-size") == "2"
    assert option(said["sglang"], "--context-length") == "8192"
    assert option(said["sglang"], "--max-running-requests") == "4"
    assert option(said["sglang"], "--tp") == "2"
    assert option(said["llama-cpp"], "--ctx-size") == "32768", "that of all sequences together"
    assert option(said["llama-cpp"], "--parallel") == "4"
    assert "OLLAMA_CONTEXT_LENGTH=8192 OLLAMA_NUM_PARALLEL=4 ollama serve" in said["ollama"]


def test_more_tokens_than_configured_are_allowed_where_a_server_asks(guide: None, client: Client) -> None:
    configured = commands(client, model="34b-base", context="16384", **ROOM)
    longer = commands(client, model="34b-base", context="32768", **ROOM)
    for server, allowed in (("vllm", "VLLM_ALLOW_LONG_MAX_MODEL_LEN=1"), ("sglang", "LONGER_CONTEXT_LEN=1")):
        assert allowed in longer[server]
        assert allowed not in configured[server]
        assert longer[server].index("--env") < longer[server].index(":latest"), "before the name of the image"


def test_no_window_is_longer_than_anybody_claims(guide: None, client: Client) -> None:
    said = commands(client, model="70b-instruct", context="8192", gpus="2", **ROOM)
    assert option(said["vllm"], "--max-model-len") == "4096"
    said = commands(client, model="7b-base", context="120000", **ROOM)
    assert option(said["tgi"], "--max-total-tokens") == "100000"


def test_caches_are_named_as_each_server_wants_them(guide: None, client: Client) -> None:
    said = commands(client, model="7b-base", kv="8", **ROOM)
    assert {server: option(command, "--kv-cache-dtype") for server, command in said.items()} == {
        "tgi": "fp8_e4m3fn",
        "vllm": "fp8",
        "sglang": "fp8_e4m3",
    }
    said = commands(client, model="7b-base", kv="q8", **ROOM)
    assert said.keys() == LAYERS
    assert "--flash-attn on --cache-type-k q8_0 --cache-type-v q8_0" in said["llama-cpp"]
    assert "OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE=q8_0" in said["ollama"]


def test_no_command_where_it_does_not_fit(guide: None, client: Client) -> None:
    for question in (
        {"model": "70b-base", "gpu": "h200-141gb"},
        {"model": "7b-base", "gpu": "t4", "context": "8192"},
        {"model": "13b-base", "gpu": "rtx-3090"},
    ):
        told = ask(client, **question)
        assert (told["fit"]["verdict"], told["commands"], told["tgi_command"]) == ("no", [], "")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"weights": "fp8", "gpu": "t4"}, "capability"),
        ({"weights": "gguf-q4-k-m", "kv": "8", "gpu": "l4"}, "combination"),
        ({"weights": "awq", "kv": "q8", "gpu": "l4"}, "combination"),
        ({"weights": "awq", "gpu": "apple-64gb"}, "machine"),
        ({"weights": "fp8", "gpu": "cpu-64gb"}, "machine"),
        ({"weights": "fp16", "kv": "8", "gpu": "apple-64gb"}, "combination"),
        ({"weights": "fp16", "kv": "8", "gpu": "v100-32gb"}, "capability"),
        ({"weights": "gguf-q4-k-m", "gpu": "apple-64gb", "gpus": "2"}, "one-machine"),
        ({"weights": "awq", "gpu": "l4", "gpus": "4"}, "no-server"),
    ],
)
def test_what_no_server_runs_has_no_command_but_a_reason(
    guide: None, client: Client, question: dict[str, str], code: str
) -> None:
    told = ask(client, model="7b-instruct", context="2048", **question)
    assert (told["runs"], told["commands"]) == (False, [])
    assert code in {warning["code"] for warning in told["warnings"]}


def test_macs_and_cpus_run_gguf(guide: None, client: Client) -> None:
    mac = commands(client, model="34b-instruct", weights="gguf-q4-k-m", gpu="apple-64gb")
    cpu = commands(client, model="7b-instruct", weights="gguf-q4-k-m", gpu="cpu-32gb")
    assert mac.keys() == cpu.keys() == LAYERS
    assert option(mac["llama-cpp"], "--n-gpu-layers") == "all"
    assert option(cpu["llama-cpp"], "--n-gpu-layers") == "0"


@pytest.mark.parametrize(
    ("model", "weights", "counts"),
    [
        ("7b-base", "fp16", {1, 2, 4, 8}),
        ("13b-base", "fp16", {1, 2, 4, 8}),
        ("7b-base", "awq", {1, 2}),
        ("13b-base", "gptq", {1, 2, 4}),
        ("34b-base", "awq", {1, 2, 4}),
        ("70b-base", "gptq", {1, 2, 4, 8}),
    ],
)
def test_layers_are_split_only_where_their_matrices_can_be(
    guide: None, client: Client, model: str, weights: str, counts: set[int]
) -> None:
    for count in range(1, 9):
        question = {"model": model, "weights": weights, "gpus": str(count), "context": "4096", **ROOM}
        assert (commands(client, **question).keys() >= TENSOR) == (count in counts)
        assert ("split" in codes(client, **question)) == (count not in counts)
    assert commands(client, model=model, gpus="3", context="4096", **ROOM).keys() == LAYERS


def test_the_command_of_tgi_is_that_of_the_console(guide: None, client: Client) -> None:
    formats = dict(Quantization.objects.exclude(flag="").values_list("flag", "slug"))
    cards = {"24": "rtx-3090", "48": "l40s", "80": "a100-80gb"}
    for recipe in RECIPES:
        arguments = recipe.arguments.split()
        options = dict(zip(arguments[::2], arguments[1::2], strict=True))
        wanted = f"--quantize {options['--quantize']}" if "--quantize" in options else ""
        said = commands(
            client,
            model=f"{recipe.size.lower()}-instruct",
            weights=formats.get(wanted, "fp16"),
            context=options["--max-total-tokens"],
            gpus=options.get("--num-shard", "1"),
            gpu=next(card for size, card in cards.items() if f"{size} GB" in recipe.cards),
        )
        assert {*arguments} <= {*said["tgi"].split()}


def test_every_command_is_whole_and_given_only_where_it_runs_and_fits(guide: None) -> None:
    known = read_known()
    without_rows = replace(known, cards={})  # the same need on every other card is most of the work, and not looked at
    given = 0
    for question in _questions(known):
        result = answer(question, without_rows)
        runs = result.stops is None and result.fit.verdict is not Verdict.NO
        assert bool(result.commands) == runs, question
        for command in result.commands:
            given += 1
            assert "{" not in command.text
            assert "  \\" not in command.text
            assert not command.text.endswith("\\")
    assert given > 1000


def _questions(known: Known) -> list[HardwareQuestion]:
    cards = [known.cards[slug] for slug in ("t4", "rtx-4090", "a100-80gb", "v100-32gb", "apple-64gb", "cpu-64gb")]
    counts, contexts = (1, 2, 3, 5, 8), (4096, 20000)
    choices = product(known.models.values(), known.formats.values(), known.precisions.values(), cards, counts, contexts)
    return [
        HardwareQuestion(
            model=model, form=form, precision=precision, context=context, sequences=1, card=card, count=count
        )
        for model, form, precision, card, count, context in choices
    ]


def test_every_server_and_its_formats_rest_on_its_documentation(guide: None) -> None:
    formats = set(Quantization.objects.values_list("slug", flat=True))
    servers = list(Server.objects.all())
    assert {server.slug for server in servers} == TENSOR | LAYERS
    for server in servers:
        assert server.citations.exists()
        assert all(citation.source.checked_on for citation in server.citations.all())
        assert set(server.formats) <= formats
        assert set(server.caches) <= {"16", "8", "q8"}
