"""Rules that cannot be read: a faulty file changes nothing, and the admin refuses them."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from apps.guide.errors import ContentError
from apps.guide.models import Rule
from apps.guide.services.load import load_guide
from apps.guide.services.read import read_content

FAULTS = {
    "unknown answer": ('when = { task = ["maths"] }', 'when = { task = ["dance"] }', "dance"),
    "unknown condition": ('when = { task = ["maths"] }', 'when = { mood = ["good"] }', "mood"),
    "unknown model": ('models = ["13b-instruct", "7b-instruct"]', 'models = ["14b-instruct"]', "matching regex"),
    "unknown kind": ('kind = "order"', 'kind = "advice"', "advice"),
    "an order without a measure": ('by = "requests"\n', "", "says what it goes by"),
    "unknown measure": ('by = "requests"', 'by = "luck"', "luck"),
    "unknown source": ('sources = ["paper T12"]', 'sources = ["papyrus T12"]', "there is no source 'papyrus'"),
    "slug used twice": ('slug = "speed"', 'slug = "many"', "slug 'many' is there twice"),
    "no order for some": (
        'when = {}\nmodels = []\nby = "scores"',
        'when = { task = ["chat"] }\nmodels = []\nby = "scores"',
        "the last order must hold",
    ),
    "a gap": (
        'when = {}\nmodels = ["70b-base"',
        'when = { task = ["chat"] }\nmodels = ["70b-base"',
        "must hold for all",
    ),
}


@pytest.mark.parametrize(("found", "instead", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_file_is_named_with_line_and_reason(folder: Path, found: str, instead: str, reason: str) -> None:
    path = folder / "rules.toml"
    text = path.read_text()
    assert found in text
    path.write_text(text.replace(found, instead, 1))
    with pytest.raises(ContentError) as caught:
        read_content(folder=folder)
    assert caught.value.file == path
    assert caught.value.line
    assert reason in caught.value.reason


def test_a_faulty_file_changes_nothing(guide: None, folder: Path) -> None:
    path = folder / "rules.toml"
    path.write_text(path.read_text().replace('models = ["13b-instruct", "7b-instruct"]', "models = []", 1) + "\n[[")
    before = list(Rule.objects.values_list("slug", "models"))
    assert before
    with pytest.raises(ContentError):
        load_guide(folder=folder)
    assert list(Rule.objects.values_list("slug", "models")) == before


@pytest.mark.parametrize(("name", "value"), [("when", {"mood": "good"}), ("when", []), ("models", ["14b-base"])])
def test_the_admin_refuses_what_the_decision_could_not_read(name: str, value: object) -> None:
    rule = Rule(slug="new", kind="caution", when={"task": ["chat"]}, models=["*-base"], text="Mind this.")
    rule.clean()
    setattr(rule, name, value)
    with pytest.raises(ValidationError) as caught:
        rule.clean()
    assert list(caught.value.message_dict) == [name]
