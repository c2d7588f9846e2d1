"""Programs and settings that use a key, with this workbench's address and the key filled in. See docs/editors.md."""

import json
from typing import Any, NamedTuple

from apps.accounts.models import ApiKey

PLACEHOLDER = "YOUR_KEY"
CHAT, CODE = "code-llama-instruct", "code-llama-base"


class Example(NamedTuple):
    """A text to copy; ``file`` says where it goes."""

    title: str
    file: str
    code: str


class ShownKey(NamedTuple):
    """The text that stands for the key in the examples; ``name`` is the name of that key."""

    text: str
    name: str = ""


def key_for_examples(new_key: str, newest: ApiKey | None) -> ShownKey:
    """Return the key that was just made; else the first characters of the newest key, since only these are stored."""
    if new_key:
        return ShownKey(new_key)
    return ShownKey(f"{newest.prefix}…", newest.name or newest.prefix) if newest else ShownKey(PLACEHOLDER)


def examples_for(*, site: str, key: str) -> list[Example]:
    """Return the examples; ``site`` is the address without a slash at its end."""
    return [
        Example("curl", "in a terminal", _curl(site, key)),
        Example("Python", "with the package openai", _python(site, key)),
        Example("Hugging Face’s client", "with the package huggingface_hub", _hugging_face(site, key)),
        Example("Continue", "~/.continue/config.yaml", _continue(site, key)),
        Example("Zed", "settings.json; Zed asks for the key in its settings", _zed(site)),
        Example("llama.vim", ".vimrc", _llama_vim(site, key)),
        Example("llama.vscode", "settings.json of VS Code", _llama_vscode(site, key)),
        Example("llm.nvim", "init.lua", _llm_nvim(site, key)),
    ]


def _curl(site: str, key: str) -> str:
    body = {"model": CHAT, "messages": [{"role": "user", "content": "Sort a list in Python."}]}
    return (
        f'curl {site}/v1/chat/completions \\\n  -H "Authorization: Bearer {key}" \\\n'
        f"  -H \"Content-Type: application/json\" \\\n  -d '{json.dumps(body)}'\n"
    )


def _python(site: str, key: str) -> str:
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{site}/v1", api_key="{key}")\n'
        "filled = client.completions.create(\n"
        f'    model="{CODE}", prompt="def mean(values):\\n    ", suffix="\\n    return total / len(values)\\n"\n'
        ")\nprint(filled.choices[0].text)\n"
    )


def _hugging_face(site: str, key: str) -> str:
    return (
        "from huggingface_hub import InferenceClient\n\n"
        f'client = InferenceClient(model="{site}/tgi/{CODE}", token="{key}")\n'
        'print(client.text_generation("def fibonacci(n):", max_new_tokens=64))\n'
    )


def _continue(site: str, key: str) -> str:
    common = f"    provider: openai\n    apiBase: {site}/v1\n    apiKey: {key}\n"
    return (
        "name: Workbench\nversion: 0.0.1\nschema: v1\nmodels:\n"
        f"  - name: Code Llama Instruct\n    model: {CHAT}\n{common}    roles: [chat, edit, apply]\n"
        f"  - name: Code Llama Base\n    model: {CODE}\n{common}    roles: [autocomplete]\n"
        "    useLegacyCompletionsEndpoint: true\n    promptTemplates:\n"
        '      autocomplete: "<PRE> {{{prefix}}} <SUF>{{{suffix}}} <MID>"\n'
    )


def _zed(site: str) -> str:
    api = {
        "api_url": f"{site}/v1/completions",
        "model": CODE,
        "prompt_format": "code_llama",
        "max_output_tokens": 128,
    }
    return _json({"edit_predictions": {"provider": "open_ai_compatible_api", "open_ai_compatible_api": api}})


def _llama_vim(site: str, key: str) -> str:
    return (
        f"let g:llama_config = {{\n    \\ 'endpoint_fim': '{site}/infill',\n"
        f"    \\ 'api_key': '{key}',\n    \\ 'ring_n_chunks': 0,\n    \\ }}\n"
    )


def _llama_vscode(site: str, key: str) -> str:
    return _json(
        {
            "llama-vscode.endpoint": site,
            "llama-vscode.api_key": key,
            "llama-vscode.ring_n_chunks": 0,
            "llama-vscode.rag_enabled": False,
        }
    )


def _llm_nvim(site: str, key: str) -> str:
    return (
        f'require("llm").setup({{\n  backend = "tgi",\n  url = "{site}",\n  api_token = "{key}",\n'
        f'  model = "{CODE}",\n  tokens_to_clear = {{ "<EOT>" }},\n'
        '  fim = { enabled = true, prefix = "<PRE> ", middle = " <MID>", suffix = " <SUF>" },\n'
        "  context_window = 4096,\n  tokenizer = nil,\n})\n"
    )


def _json(settings: dict[str, Any]) -> str:
    return f"{json.dumps(settings, indent=2, ensure_ascii=False)}\n"
