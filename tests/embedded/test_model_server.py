"""The embedded model server speaks OpenAI's API with a real model."""

import json
import urllib.request
from pathlib import Path

import pytest

from apps.embedded.engines.model_server import MODEL_NAME, model_file, model_name
from apps.embedded.errors import StartError


def test_the_shipped_model_is_found_and_named() -> None:
    assert model_name(model_file()) == MODEL_NAME


def test_own_model_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own-model.Q8_0.gguf"
    own.touch()
    monkeypatch.setenv("MODEL_FILE", str(own))
    assert model_file() == own
    assert model_name(own) == "own-model"


def test_a_missing_own_model_file_is_a_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_FILE", str(tmp_path / "nowhere.gguf"))
    with pytest.raises(StartError, match=r"MODEL_FILE .*nowhere\.gguf is not a file"):
        model_file()


def test_a_real_model_answers_and_no_web_page_may_listen(model_server: str) -> None:
    question = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8, "model": MODEL_NAME}
    request = urllib.request.Request(  # noqa: S310 -- our own address
        f"{model_server}/v1/chat/completions",
        data=json.dumps(question).encode(),
        headers={"Content-Type": "application/json", "Origin": "https://example.org"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        assert response.headers["Access-Control-Allow-Origin"] in {None, ""}
        assert json.load(response)["choices"][0]["message"]["content"].strip()
