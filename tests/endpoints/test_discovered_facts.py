"""The facts that a server states about itself, and the calls that follow from them."""

from typing import Any

import pytest

from apps.endpoints.health.probe import as_facts
from apps.endpoints.models import Endpoint
from apps.inference.discovery import Discovered
from tests.endpoints.conftest import PLAIN_TOKEN


def test_a_server_that_shows_the_token_around_does_not_get_it_onto_our_pages() -> None:
    found = Discovered(kind="tgi", version=f"3.3 {PLAIN_TOKEN}", model_ids=(f"model-{PLAIN_TOKEN}", "a\0b"))
    facts = as_facts(found, PLAIN_TOKEN)
    assert facts["server_version"] == "tgi 3.3 …"
    assert facts["discovered"]["model_ids"] == ["model-…", "a b"]
    assert "gpu-server" not in str(facts)


@pytest.mark.parametrize(
    ("discovered", "seconds"),
    [
        ({}, 10),
        ({"kind": "tgi"}, 10),
        ({"kind": "vllm"}, 10),
        ({"kind": "sglang"}, 120),
        ({"kind": "llama.cpp"}, 120),
        ({"kind": "unknown"}, 120),
    ],
    ids=str,
)
def test_only_a_server_known_to_hold_its_headers_back_is_waited_for_in_silence(
    discovered: dict[str, Any], seconds: float
) -> None:
    assert Endpoint(url="http://gpu-1", discovered=discovered).timeouts.until_answered == seconds


@pytest.mark.parametrize(("window", "kept"), [(4096, 4096), (None, None), (0, None), (2**40, None)])
def test_only_a_context_window_that_can_be_one_is_kept(window: int | None, kept: int | None) -> None:
    assert as_facts(Discovered(context_window=window), "")["discovered_context_window"] == kept


@pytest.mark.parametrize(
    ("facts", "size"),
    [
        ({"size": "13B"}, "13B"),
        ({"model_id": "codellama/CodeLlama-34b-Instruct-hf"}, None),
        ({}, None),
        ({"discovered": {"model_ids": ["codellama/CodeLlama-70b-Instruct-hf"]}}, "70B"),
        ({"discovered": {"model_ids": ["a-small-model"]}}, ""),
        ({"size": "7B", "discovered": {"model_ids": ["codellama/CodeLlama-70b-Instruct-hf"]}}, "7B"),
    ],
    ids=str,
)
def test_the_prompt_format_goes_by_what_the_admin_said_then_by_what_is_served(
    facts: dict[str, Any], size: str | None
) -> None:
    assert Endpoint(url="http://gpu-1", **facts).server.size == size
