"""Programs that repeat an output's request through the workbench's API: curl, Python, JavaScript."""

import json
from typing import Any, NamedTuple

from apps.generation.documents import CUT, ORDER
from apps.generation.models import Generation, Task


class Program(NamedTuple):
    """A program to copy; ``language`` is Pygments' name."""

    title: str
    language: str
    code: str


def programs_for(generation: Generation, *, model: str, site: str) -> list[Program]:
    """Return the programs; ``model`` is the model's name in the request."""
    body = request_body(generation, model)
    path = "/v1/chat/completions" if generation.task == Task.CHAT else "/v1/completions"
    return [
        Program("curl", "bash", _curl(site + path, body)),
        Program("Python", "python", _python(site, body, is_chat=generation.task == Task.CHAT)),
        Program("JavaScript", "javascript", _javascript(site + path, body)),
    ]


def request_body(generation: Generation, model: str) -> dict[str, Any]:
    """Return the API request that repeats the output's request."""
    sampling = {name: value for name, value in generation.parameters.items() if name not in (ORDER, CUT)}
    if generation.task == Task.CHAT:
        return {"model": model, "messages": generation.messages, **sampling}
    suffix = {"suffix": generation.suffix} if generation.suffix else {}
    return {"model": model, "prompt": generation.prompt, **suffix, **sampling}


def _curl(address: str, body: dict[str, Any]) -> str:
    # JSON on one line holds no line "END", and the quoted word keeps the shell from reading it.
    return (
        f"curl {address} \\\n"
        '  -H "Authorization: Bearer $WORKBENCH_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  --data-binary @- <<'END'\n{json.dumps(body)}\nEND\n"
    )


def _python(site: str, body: dict[str, Any], *, is_chat: bool) -> str:
    arguments = "".join(f"    {name}={value!r},\n" for name, value in body.items())
    call, text = ("chat.completions", "message.content") if is_chat else ("completions", "text")
    return (
        "import os\n\nimport openai\n\n"
        f'client = openai.OpenAI(base_url="{site}/v1", api_key=os.environ["WORKBENCH_KEY"])\n'
        f"reply = client.{call}.create(\n{arguments})\nprint(reply.choices[0].{text})\n"
    )


def _javascript(address: str, body: dict[str, Any]) -> str:
    return (
        f"const answer = await fetch({json.dumps(address)}, {{\n"
        '  method: "POST",\n'
        "  headers: {\n"
        "    Authorization: `Bearer ${process.env.WORKBENCH_KEY}`,\n"
        '    "Content-Type": "application/json",\n'
        "  },\n"
        f"  body: JSON.stringify({json.dumps(body)}),\n"
        "});\n"
        "const { choices } = await answer.json();\n"
        f"console.log(choices[0].{'message.content' if 'messages' in body else 'text'});\n"
    )
