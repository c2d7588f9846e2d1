"""Commands that start each of the twelve models on Text Generation Inference, after the console's recipes."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.endpoints.console.recipes import DOCKER_RUN, KEY_LINE, RECIPES, Recipe, fold
from apps.guide.models import CodeModel

# The common part of the lines below, as a shell function.
FUNCTION = "tgi() {\n  " + " \\\n    ".join((*DOCKER_RUN[:-1], f'{DOCKER_RUN[-1]} "$@"')) + "\n}"
# Only Base 70B: Instruct and Python 70B were never trained on a context of this length.
BASE_70B = Recipe("70B", "four cards of 80 GB", "--num-shard 4 --max-input-tokens 15360 --max-total-tokens 16384")


@dataclass(frozen=True, slots=True)
class RunCommand:
    """One way to run a model: its cards, a line for the shell function, and a complete command."""

    cards: str
    line: str
    whole: str


@dataclass(frozen=True, slots=True)
class ModelCommands:
    """A model with the ways to run it."""

    model: CodeModel
    commands: Sequence[RunCommand]


def commands_for(model: CodeModel) -> Sequence[RunCommand]:
    """Return the ways to run ``model``, the one with the whole precision first."""
    return [_command(recipe, model.hf_id) for recipe in _recipes_for(model)]


def commands_by_size(models: Sequence[CodeModel]) -> dict[str, list[ModelCommands]]:
    """Return all commands, by the size of the model."""
    found: dict[str, list[ModelCommands]] = {}
    for model in models:
        found.setdefault(model.size, []).append(ModelCommands(model, commands_for(model)))
    return found


def preparation() -> str:
    """Return the lines to type once: a key that TGI asks for, and the function."""
    return f"{KEY_LINE}\n{FUNCTION}"


def _recipes_for(model: CodeModel) -> Sequence[Recipe]:
    if (model.size, model.variant.slug) == ("70B", "base"):
        return [BASE_70B]
    return [recipe for recipe in RECIPES if recipe.size == model.size]


def _command(recipe: Recipe, repository: str) -> RunCommand:
    arguments = recipe.arguments_for(repository)
    return RunCommand(recipe.cards, f"tgi {arguments}", fold(arguments))
