"""Properties of the chooser's advice, over all cards, tasks, languages and lengths; pure, without a database."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.guide.choosing.answers import QUESTIONS, Answers
from apps.guide.choosing.evidence import HUMANEVAL, benchmark_for, retrieval_of, score_in
from apps.guide.choosing.memory import find_rooms
from apps.guide.choosing.rules import MODELS
from apps.guide.hardware.catalogue import Cards
from apps.guide.hardware.fit import Card
from tests.guide.choosing import decide_for, ranked, shapes, shipped_cards, shipped_scores

VALUES = {question.name: question.values for question in QUESTIONS}
LENGTHS = [1, 2048, 4096, 4097, 8192, 8193, 16384, 16385, 24000, 32768, 60000, 100000, 100001]
SIZES = {"7b": 7, "13b": 13, "34b": 34, "70b": 70}
BITS = {"fp16": 16, "fp8": 8, "eetq": 8, "gguf-q8-0": 8, "bitsandbytes-nf4": 4, "gguf-q4-k-m": 4}


def cards() -> st.SearchStrategy[Cards]:
    """Any listed card or machine, or any amount of memory, and several of it."""
    listed = st.sampled_from(list(shipped_cards().cards.values()))
    sized = st.integers(8, 1024).map(lambda size: card_of(f"{size} GB"))
    count = st.integers(1, 8)
    return st.builds(lambda card, count: Cards(1 if card.is_machine else count, card), listed | sized, count)


def card_of(named: str) -> Card:
    found = shipped_cards().find(named).cards
    assert found is not None
    return found.card


answers = st.builds(
    Answers,
    task=st.sampled_from(VALUES["task"]),
    language=st.sampled_from(VALUES["language"]),
    after=st.sampled_from(VALUES["after"]),
    context=st.sampled_from(LENGTHS) | st.integers(1, 120_000),
    cards=st.none() | cards(),
    matters=st.sampled_from(VALUES["matters"]),
)


def with_cards(asked: Answers, cards: Cards | None) -> Answers:
    return replace(asked, cards=cards)


@given(answers)
@settings(deadline=None, max_examples=300)
def test_every_model_is_recommended_or_left_out_for_a_reason(asked: Answers) -> None:
    decision = decide_for(asked)
    excluded = [exclusion.model for exclusion in decision.excluded]
    assert sorted(ranked(decision) + excluded) == sorted(MODELS)
    assert all(exclusion.reasons for exclusion in decision.excluded)
    assert decision.why


@given(answers, cards(), st.integers(1, 8), st.floats(1, 4))
@settings(deadline=None, max_examples=400)
def test_more_memory_never_gives_a_worse_answer(asked: Answers, few: Cards, more_cards: int, larger: float) -> None:
    card = few.card
    count = few.count if card.is_machine else max(few.count, more_cards)
    grown = replace(card, memory=round(card.memory * larger))
    before, after = decide_for(with_cards(asked, few)), decide_for(with_cards(asked, Cards(count, grown)))
    # Models that fit on the smaller card fit on the larger, and stand in the same order there.
    assert set(ranked(before)) <= set(ranked(after))
    if not before.candidates:
        return
    first, then = before.candidates[0], after.candidates[0]
    if asked.matters == "many":
        assert first.room is not None
        assert then.room is not None
        assert then.room.requests >= first.room.requests
        return
    assert [model for model in ranked(after) if model in ranked(before)] == ranked(before)
    order = ranked(decide_for(with_cards(asked, None)))
    assert order.index(then.model) <= order.index(first.model)
    if then.model == first.model:
        assert first.room is not None
        assert then.room is not None
        assert BITS[then.room.form.slug] >= BITS[first.room.form.slug]


@pytest.mark.parametrize("task", ["complete", "generate", "chat", "both", "finetune"])
@pytest.mark.parametrize("language", VALUES["language"])
def test_up_the_ladder_of_cards_the_score_that_counts_never_falls(task: str, language: str) -> None:
    ladder = [8, 10, 12, 16, 24, 32, 40, 48, 80, 141, 160, 320, 640]
    found = []
    for size in ladder:
        decision = decide_for(Answers(task=task, language=language, cards=shipped_cards().find(f"{size} GB").cards))
        if decision.candidates:
            benchmark = HUMANEVAL if decision.by == "humaneval" else benchmark_for(language)
            found.append(score_in(decision.candidates[0].model, benchmark, shipped_scores()))
    assert len(found) > 10
    assert found == sorted(found)


@given(answers)
@settings(deadline=None, max_examples=300)
def test_the_order_agrees_with_what_it_goes_by(asked: Answers) -> None:
    decision = decide_for(asked)
    scores, models = shipped_scores(), ranked(decision)
    if decision.by in {"scores", "humaneval"}:
        benchmark = HUMANEVAL if decision.by == "humaneval" else benchmark_for(asked.language)
        found = [score_in(model, benchmark, scores) for model in models]
        assert found == sorted(found, reverse=True)
    elif decision.by == "retrieval":
        found = [retrieval_of(model, asked, scores) for model in models]
        assert found == sorted(found, reverse=True)
    elif decision.by == "size":
        assert [SIZES[model.partition("-")[0]] for model in models] == sorted(
            SIZES[model.partition("-")[0]] for model in models
        )


@given(answers, cards())
@settings(deadline=None, max_examples=300)
def test_many_requests_takes_what_holds_the_most(asked: Answers, on: Cards) -> None:
    asked = replace(asked, cards=on, matters="many")
    decision = decide_for(asked)
    if not decision.candidates:
        return
    possible = [room.requests for model in ranked(decision) for room in find_rooms(shapes()[model], asked)]
    assert decision.candidates[0].room is not None
    assert decision.candidates[0].room.requests == max(possible)


@given(answers)
@settings(deadline=None, max_examples=300)
def test_what_is_recommended_can_do_it_and_fits(asked: Answers) -> None:
    decision = decide_for(asked)
    models = set(ranked(decision))
    if asked.after == "yes":
        assert models <= {"7b-base", "13b-base", "7b-instruct", "13b-instruct"}
    if asked.task in {"chat", "both"}:
        assert all(model.endswith("-instruct") for model in models)
    if asked.context > 4096:
        assert not models & {"70b-python", "70b-instruct"}
    if asked.context > 100_000 or asked.task == "maths":
        assert not models
    for candidate in decision.candidates:
        if asked.cards is not None:
            assert candidate.room is not None
            assert candidate.room.requests >= 1
            assert candidate.room.weights_gib + candidate.room.kv_gib <= asked.cards.usable_gib * 0.9
        else:
            assert candidate.room is None


def test_quality_never_depends_on_which_cards_there_are() -> None:
    """The order of candidates is one order, whatever the cards: only what does not fit is missing."""
    for task, language, after, context in product(
        VALUES["task"], VALUES["language"], VALUES["after"], [4096, 16384, 32768]
    ):
        plain = Answers(task=task, language=language, after=after, context=context)
        order = ranked(decide_for(plain))
        for named in ("rtx-3060", "t4", "rtx-4090", "l40s", "2xa100-80gb", "apple-64gb"):
            fitting = ranked(decide_for(with_cards(plain, shipped_cards().find(named).cards)))
            assert fitting == [model for model in order if model in fitting]
