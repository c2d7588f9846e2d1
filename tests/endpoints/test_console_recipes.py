"""The lines that start a model server: the console and docs/operations.md say the same."""

import re

import pytest

from apps.endpoints.console.recipes import DOCKER_RUN, KEY_LINE, RECIPES, Recipe
from tests.project.containers import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def documented() -> set[str]:
    return set(re.findall(r"^tgi (--model-id .+)$", OPERATIONS, re.MULTILINE))


def test_console_and_documentation_have_the_same_models() -> None:
    assert len(documented()) == 6
    assert {recipe.arguments for recipe in RECIPES} == documented()


def test_console_and_documentation_start_the_same_container() -> None:
    function = OPERATIONS.partition("tgi() {")[2].partition("\n}")[0]
    assert " ".join(function.replace("\\\n", " ").split()) == " ".join((*DOCKER_RUN, '"$@"'))
    assert KEY_LINE in OPERATIONS


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.arguments)
def test_folded_line_is_one_command(recipe: Recipe) -> None:
    unfolded = " ".join(recipe.command.replace("\\\n", " ").split())
    assert unfolded == f"{' '.join(DOCKER_RUN)} {recipe.arguments}"


def test_every_size_has_a_recipe() -> None:
    assert [recipe.size for recipe in RECIPES] == ["7B", "13B", "13B", "34B", "34B", "70B"]
