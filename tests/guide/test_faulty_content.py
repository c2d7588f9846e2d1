"""A faulty content file stops ``load_guide`` with file, line and reason, and changes nothing."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.guide.errors import ContentError
from apps.guide.models import Source, Variant
from apps.guide.services.load import load_guide
from apps.guide.services.read import read_content

# The file, what is replaced in it, by what, the reason given, and a text on the line that is named.
FAULTS = {
    "no TOML": ("sources.toml", "number = 2\n", "number = \n", "Invalid value", "number = \n"),
    "no such day": ("sources.toml", "= 2022-12-19", "= 2022-12-32", "Expected newline or end", "2022-12-32"),
    "wrong type": ("sources.toml", "number = 2\n", 'number = "two"\n', "Expected `int`, got `str`", '"two"'),
    "number used twice": (
        "sources.toml",
        "number = 2\n",
        "number = 1\n",
        "number 1 is there twice",
        'number = 1\ntitle = "Code Llama r',
    ),
    "key used twice": ("sources.toml", '"readme"', '"card"', "key 'card' is there twice", 'key = "card"\nnumber = 3'),
    "unknown field": (
        "sources.toml",
        'key = "readme"',
        'key = "readme"\nhue = 1',
        "unknown field `hue`",
        '[[sources]]\nkey = "readme"',
    ),
    "unsafe URL": (
        "sources.toml",
        "https://arxiv.org/abs/2308.12950v3",
        "javascript:arxiv",
        "matching regex",
        "javascript:",
    ),
    "overlong text": ("sources.toml", "Meta AI, on arXiv", "x" * 121, "length <= 120", "x" * 121),
    "cell without source": (
        "comparison.toml",
        'sources = ["paper §2.1", "paper T1"]\n',
        "",
        "names no source",
        '[[cells]]\nfeature = "function"\nvariant = "python"',
    ),
    "unknown source": ("comparison.toml", '"paper T1", "paper T4"', '"papyrus T1"', "no source 'papyrus'", "papyrus"),
    "unknown kind": (
        "comparison.toml",
        'kind = "paper"\nsources = ["paper T1"',
        'kind = "rumour"\nsources = ["paper T1"',
        "rumour",
        "rumour",
    ),
    "missing field": (
        "comparison.toml",
        'label = "Input style"\n',
        "",
        "missing required field `label`",
        '[[features]]\nslug = "input"',
    ),
    "cell there twice": (
        "comparison.toml",
        'feature = "context"\nvariant = "base"\n',
        'feature = "input"\nvariant = "base"\n',
        "is there twice",
        'feature = "input"\nvariant = "base"\ntext = "Trained',
    ),
    "gap in the table": (
        "comparison.toml",
        '[[features]]\nslug = "context"\n',
        '[[features]]\nslug = "hue"\nlabel = "Hue"\n\n[[features]]\nslug = "context"\n',
        "'hue' has no cell for 'base'",
        '[[features]]\nslug = "hue"',
    ),
    "unknown variant": ("pages.toml", 'variant = "base"', 'variant = "bass"', "no variant 'bass'", "bass"),
    "unknown citation": ("overview/base.md", "[@readme]", "[@readme; gossip]", "no source 'gossip'", "gossip"),
    "unknown table": (
        "sources.toml",
        '[[sources]]\nkey = "readme"',
        '[[sauces]]\nkey = "readme"',
        "`sauces`",
        "[[sauces]]",
    ),
    "record after a header with a remark": (
        "sources.toml",
        '[[sources]]\nkey = "paper"',
        '  [[sources]]  # [[sources]]\nhue = 1\nkey = "paper"',
        "unknown field `hue`",
        "  [[sources]]",
    ),
    "pass@k without the number of examples": (
        "scores.toml",
        'label = "APPS, interview, pass@5"\nsuite = "APPS"\nmetric = "pass@5"\nshots = 2\n',
        'label = "APPS, interview, pass@5"\nsuite = "APPS"\nmetric = "pass@5"\n',
        "pass@5 needs shots",
        'metric = "pass@5"\nlanguage',
    ),
    "no number": (
        "hardware.toml",
        "usable_gib = 14.56",
        "usable_gib = nan",
        "NaN is not a number",
        '[[gpus]]\nslug = "t4"',
    ),
    "no memory": ("hardware.toml", "usable_gib = 14.56", "usable_gib = -1.0", "some memory", '[[gpus]]\nslug = "t4"'),
    "more digits than are kept": (
        "hardware.toml",
        "usable_gib = 14.56",
        "usable_gib = 14.567",
        "no more than 2 decimal places",
        "usable_gib = 14.567",
    ),
    "no prose": ("pages.toml", '"prompting/tokens.md"', '"prompting/runes.md"', "no file prompting/runes.md", "runes"),
    "NUL": ("overview/base.md", "completes code", "completes\0code", "NUL", "completes\0code"),
    "no heading": (
        "overview/base.md",
        "# Code Llama (Base)",
        "Code Llama (Base)",
        "must begin with a heading",
        "Code Llama (Base)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_file_line_and_reason(folder: Path, fault: tuple[str, str, str, str, str]) -> None:
    name, old, new, reason, at = fault
    file = folder / name
    text = file.read_text()
    assert text.count(old) == 1, f"{old!r} must be there once for this test to mean anything"
    spoilt = text.replace(old, new)
    file.write_text(spoilt)
    with pytest.raises(ContentError) as raised:
        read_content(folder=folder)
    line = spoilt[: spoilt.index(at)].count("\n") + 1
    assert reason in raised.value.reason
    assert str(raised.value).startswith(f"{file}, line {line}: ")


def test_the_shipped_content_has_no_fault(folder: Path) -> None:
    assert len(read_content(folder=folder)["cells"]) == 21


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "pages.toml").unlink()
    with pytest.raises(ContentError, match=r"pages\.toml: No such file"):
        read_content(folder=folder)


def test_a_file_that_is_not_utf8_is_named(folder: Path) -> None:
    (folder / "overview/base.md").write_bytes(b"# Base\n\xff\n")
    with pytest.raises(ContentError, match=r"base\.md, line 2: is not UTF-8"):
        read_content(folder=folder)


def test_prose_that_no_page_lists_is_named(folder: Path) -> None:
    (folder / "overview/forgotten.md").write_text("# Forgotten\n\nText.\n")
    with pytest.raises(ContentError, match=r"forgotten\.md: is not listed"):
        read_content(folder=folder)


@pytest.mark.django_db
def test_a_faulty_file_changes_nothing(guide: None, folder: Path) -> None:
    sources = folder / "sources.toml"
    sources.write_text(sources.read_text().replace("Meta AI, on arXiv", "Changed"))
    comparison = folder / "comparison.toml"
    comparison.write_text(comparison.read_text().replace('letter = "P"', 'letter = "PP"'))
    with pytest.raises(CommandError, match=r"Guide not loaded\. .*comparison\.toml, line \d+: "):
        call_command("load_guide", folder=folder)
    assert not Source.objects.filter(publisher="Changed").exists()
    comparison.write_text(comparison.read_text().replace('letter = "PP"', 'letter = "Y"'))
    load_guide(folder=folder)
    assert Source.objects.filter(publisher="Changed").exists()
    assert Variant.objects.get(slug="python").letter == "Y"
