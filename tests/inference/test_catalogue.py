"""The catalogue of the twelve models has sources and no gaps."""

import tomllib
from pathlib import Path

import pytest

from apps.inference.catalogue import (
    Standing,
    Support,
    Task,
    all_models,
    all_sources,
    all_special_tokens,
    capabilities_of,
    ensure_able,
)
from apps.inference.catalogue.reading import FILE, KINDS, CatalogueError, parse
from apps.inference.errors import InvalidRequest

VARIANTS = ("base", "python", "instruct")
SIZES = ("7B", "13B", "34B", "70B")
YES, NO, DISPUTED = Support.YES, Support.NO, Support.DISPUTED
GUIDE_SOURCES = Path("apps/guide/content/sources.toml")


def test_every_variant_has_every_size() -> None:
    assert [(model.variant, model.size) for model in all_models()] == [(v, s) for v in VARIANTS for s in SIZES]


@pytest.mark.parametrize(
    ("variant", "expected"),
    [("base", (YES, YES, NO, YES)), ("instruct", (YES, YES, NO, DISPUTED)), ("python", (NO, NO, NO, NO))],
)
def test_infilling(variant: str, expected: tuple[Support, ...]) -> None:
    assert tuple(capabilities_of(variant, size).infill.support for size in SIZES) == expected


@pytest.mark.parametrize("size", SIZES)
def test_only_instruct_chats_and_all_complete(size: str) -> None:
    assert [capabilities_of(variant, size).chat.support for variant in VARIANTS] == [NO, NO, YES]
    assert [capabilities_of(variant, size).complete.support for variant in VARIANTS] == [YES, YES, YES]


def test_two_of_the_70b_models_have_no_long_context() -> None:
    short = {model.name for model in all_models() if model.planned_context.value == 4096}
    assert short == {"Code Llama – Python 70B", "Code Llama – Instruct 70B"}
    for model in all_models():
        is_short = model.name in short
        assert model.trained_context.value == (4096 if is_short else 16384)
        assert model.claimed_context.value == (None if is_short else 100_000)
        assert model.trained_context.standing is Standing.VERIFIED


def test_vocabulary_has_room_for_infilling_where_its_tokens_are() -> None:
    for model in all_models():
        is_large = "<PRE>" in model.special_tokens.texts
        assert model.vocabulary.value == (32016 if is_large else 32000)
        assert all(number < model.vocabulary.value for number in model.special_tokens.ids.values())
        assert is_large or not model.infill.may_be_tried


def test_token_ids() -> None:
    ids = capabilities_of("base", "7B").special_tokens.ids
    assert ids == {"<unk>": 0, "<s>": 1, "</s>": 2, "<PRE>": 32007, "<SUF>": 32008, "<MID>": 32009, "<EOT>": 32010}
    large = capabilities_of("instruct", "70B").special_tokens
    assert "<step>" in large.without_id
    assert large.standing is Standing.UNVERIFIED
    assert set(all_special_tokens()) == {*ids, "<step>"}


def test_how_models_end_their_text() -> None:
    assert capabilities_of("instruct", "13B").chat.ends_with == ("</s>",)
    assert capabilities_of("instruct", "70B").chat.ends_with == ("<step>", "</s>")
    assert capabilities_of("base", "13B").infill.ends_with == ("<EOT>",)
    assert capabilities_of("python", "34B").complete.ends_with == ("</s>",)
    assert capabilities_of("base", "34B").infill.ends_with == ()


def test_disagreement_is_shown_with_both_sides() -> None:
    for model in all_models():
        for task in ("chat", "complete", "infill"):
            ability = model.ability(task)
            if ability.support is Support.DISPUTED:
                assert ability.sources
                assert ability.against
                assert ability.note
    assert capabilities_of("base", "70B").infill.against == ("readme", "prompt-docs")


def test_every_fact_cites_sources_that_are_described() -> None:
    for model in all_models():
        for kind in KINDS:
            fact = getattr(model, kind)
            assert fact.sources
            for citation in (*fact.sources, *fact.against):
                assert all_sources()[citation.split(" ")[0]].url.startswith("https://")


def test_sources_that_the_guide_has_too_are_the_same() -> None:
    guide = {source["key"]: source["url"] for source in tomllib.loads(GUIDE_SOURCES.read_text())["sources"]}
    shared = guide.keys() & all_sources().keys()
    assert {"paper", "readme", "card", "code", "prompt-docs", "codellama-188"} <= shared
    assert {key: all_sources()[key].url for key in shared} == {key: guide[key] for key in shared}


def test_repositories_follow_the_models_names() -> None:
    assert capabilities_of("instruct", "34B").repositories == (
        "codellama/CodeLlama-34b-Instruct-hf",
        "meta-llama/CodeLlama-34b-Instruct-hf",
    )
    repositories = [repository for model in all_models() for repository in model.repositories]
    assert len(set(repositories)) == 24
    for model in all_models():
        assert all(f"-{model.size.lower()}-" in repository for repository in model.repositories)


def test_size_may_be_written_small() -> None:
    assert capabilities_of("Base", "7b") is capabilities_of("base", "7B")


@pytest.mark.parametrize(("variant", "size"), [("base", "8B"), ("base", ""), ("chat", "7B")])
def test_unknown_model_is_refused_by_name(variant: str, size: str) -> None:
    with pytest.raises(InvalidRequest, match=f"“{variant}” and the size “{size}”"):
        capabilities_of(variant, size)


@pytest.mark.parametrize(
    ("variant", "size", "task", "sentence"),
    [
        ("base", "34B", "infill", "Code Llama 34B cannot fill in the middle."),
        ("python", "70B", "infill", "Code Llama – Python 70B cannot fill in the middle."),
        ("python", "7B", "chat", "Code Llama – Python 7B cannot chat."),
    ],
)
def test_what_no_source_promises_is_refused(variant: str, size: str, task: Task, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ensure_able(variant, size, task)
    assert caught.value.sentence == sentence


def test_disputed_may_be_tried_but_is_not_promised() -> None:
    model = ensure_able("instruct", "70B", "infill")
    assert not model.infill.is_promised
    assert ensure_able("base", "7B", "infill").infill.is_promised


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('support = "disputed"', 'support = "perhaps"', "perhaps"),
        ('models = ["instruct 70B"]', "models = []", "nothing about instruct 70B"),
        ('models = ["base 34B"]', 'models = ["base 34B", "base 7B"]', "'base 7B' is unknown or there twice"),
        ('"card", "paper §3.3"', '"card", "papers §3.3"', "'papers §3.3' names no source"),
        ("[[vocabulary]]", "[[vocabularies]]", "unknown kinds of facts: vocabularies"),
        ('sources = ["tokenizer"]', "sources = []", "length"),
        ("without_id", "without_ids", "without_ids"),
    ],
)
def test_flawed_catalogue_says_what_is_wrong(old: str, new: str, message: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(CatalogueError, match=message):
        parse(text.replace(old, new))
