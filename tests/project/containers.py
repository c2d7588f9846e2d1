"""The container files, read."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"


class Instruction(NamedTuple):
    """One instruction of the Dockerfile, its continuation lines joined."""

    name: str
    arguments: str


def read_services() -> dict[str, dict[str, Any]]:
    """The services of the compose file, anchors and merges resolved, variables not."""
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return dict(compose["services"])


def read_dockerfile() -> list[Instruction]:
    lines = [line for line in (DOCKER / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def last_stage() -> list[Instruction]:
    """Return the last stage, which makes the image that runs."""
    instructions = read_dockerfile()
    start = max(index for index, instruction in enumerate(instructions) if instruction.name == "FROM")
    return instructions[start:]


def read_exec_form(arguments: str) -> list[str]:
    """The words of an exec-form ``CMD``; a shell-form one raises ``ValueError``."""
    return [str(word) for word in json.loads(arguments)]


def commands_of(service: dict[str, Any]) -> list[list[str]]:
    """Every command a service names, health check included, with ``sh -c`` taken apart."""
    test = service.get("healthcheck", {}).get("test", [])
    kind, *words = test or ["NONE"]
    check = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
    return [part for words in (service.get("command", []), check) for part in _take_apart(words)]


def read_example_variables() -> dict[str, str]:
    """The variables of ``.env.example``, the commented-out ones too."""
    found = re.findall(r"^#?([A-Z_]+)=(.*)$", (DOCKER / ".env.example").read_text(), re.MULTILINE)
    return dict(found)


def _take_apart(words: list[str]) -> list[list[str]]:
    if words[:1] != ["sh"]:
        return [words] if words else []
    return [shlex.split(part) for part in re.split(r"&&|\|", words[-1])]
