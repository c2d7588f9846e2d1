"""The chooser against every row of the decision table, and where rows meet; pure, without a database."""

from itertools import product

import pytest

from apps.guide.choosing.rules import MODELS
from tests.guide.choosing import against, ask, ranked

NINETY_THOUSAND = "90000"


def sizes_of(variant: str, *sizes: str) -> set[str]:
    return {f"{size}-{variant}" for size in sizes or ("7b", "13b", "34b", "70b")}


# --- the rows ---------------------------------------------------------------------------------


def test_text_after_the_cursor_goes_to_base_7b_or_13b() -> None:
    decision = ask(task="complete", after="yes")
    assert set(ranked(decision)[:2]) == {"13b-base", "7b-base"}
    assert set(ranked(decision)[2:]) == {"13b-instruct", "7b-instruct"}
    assert "trained without infilling" in against(decision, "34b-base")
    for size in ("7b", "13b"):
        assert "trained without infilling" in against(decision, f"{size}-python")
    assert "trained without infilling" in against(decision, "34b-python")
    assert "test it" in against(decision, "70b-base")
    assert "disagree" in against(decision, "70b-instruct")
    assert "Meta’s documentation says that Python 70B cannot infill" in against(decision, "70b-python")


def test_mixed_languages_from_left_to_right_go_to_the_largest_base_that_fits() -> None:
    assert ranked(ask(task="complete", language="mixed")) == ["70b-base", "34b-base", "13b-base", "7b-base"]
    best = {"8": "7b-base", "12": "13b-base", "24": "34b-base", "48": "70b-base", "80": "70b-base", "2x80": "70b-base"}
    assert {gpu: ranked(ask(task="complete", language="mixed", gpu=gpu))[0] for gpu in best} == best


@pytest.mark.parametrize("task", ["complete", "generate"])
@pytest.mark.parametrize(("gpu", "size"), [("8", "7b"), ("12", "13b"), ("24", "34b"), ("32", "34b")])
def test_python_functions_go_to_the_largest_python_up_to_34b(task: str, gpu: str, size: str) -> None:
    assert ranked(ask(task=task, language="python", gpu=gpu))[0] == f"{size}-python"


def test_python_functions_with_room_for_70b_go_to_instruct_70b() -> None:
    for gpu in ("", "48", "80", "2x80"):
        decision = ask(task="generate", language="python", gpu=gpu)
        assert ranked(decision)[:2] == ["70b-instruct", "70b-python"]
        assert "67.8" in decision.why[0].text
        assert "65.6" in decision.why[0].text


def test_python_as_people_type_stays_with_python_however_large_the_cards() -> None:
    decision = ask(task="complete", language="python", gpu="4x80")
    assert ranked(decision) == ["70b-python", "34b-python", "13b-python", "7b-python"]
    assert "prompt format for conversations" in against(decision, "70b-instruct")


def test_a_measured_language_goes_to_what_scores_highest_in_it() -> None:
    first = {language: ranked(ask(language=language))[0] for language in ("java", "php", "cpp", "csharp", "typescript")}
    assert first == {
        "java": "70b-instruct",
        "php": "70b-instruct",
        "cpp": "70b-python",
        "csharp": "70b-base",
        "typescript": "70b-base",
    }
    assert ranked(ask(language="java", gpu="24"))[0] == "34b-base"
    assert ranked(ask(language="java", gpu="12"))[0] == "13b-instruct"
    assert ranked(ask(task="chat", language="typescript"))[0] == "34b-instruct"


def test_another_language_is_told_that_it_was_not_measured() -> None:
    assert ranked(ask(language="other")) == ranked(ask(language="mixed"))
    cautions = [caution.text for caution in ask(language="other").candidates[0].cautions]
    assert any("six other languages" in text for text in cautions)
    reasons = [reason.text for reason in ask(language="java", after="yes").candidates[0].reasons]
    assert any("80.0 % (13B)" in text for text in reasons)


@pytest.mark.parametrize(("language", "gpu"), list(product(["python", "mixed"], ["", "24", "80", "4x80"])))
def test_instructions_go_to_instruct(language: str, gpu: str) -> None:
    decision = ask(task="chat", language=language, gpu=gpu)
    assert ranked(decision)[0] in sizes_of("instruct")
    assert "not instruction-tuned" in against(decision, "7b-base")
    assert "not instruction-tuned" in against(decision, "7b-python")


def test_python_with_instructions_goes_to_instruct_and_says_what_it_costs() -> None:
    first = ask(task="chat", language="python", gpu="16").candidates[0]
    assert first.model == "13b-instruct"
    assert any("0.6 to 12.2 points" in reason.text for reason in first.reasons)


def test_instruct_34b_is_told_to_check_13b_first() -> None:
    decision = ask(task="chat", gpu="24")
    assert ranked(decision)[:2] == ["13b-instruct", "34b-instruct"]
    assert any("Check 13B first" in caution.text for caution in decision.candidates[1].cautions)


@pytest.mark.parametrize("context", ["20000", "32768", NINETY_THOUSAND, "100000"])
def test_long_contexts_leave_out_python_70b_and_instruct_70b(context: str) -> None:
    for task, language in product(["complete", "generate", "chat"], ["python", "mixed"]):
        decision = ask(task=task, language=language, context=context)
        assert not {"70b-python", "70b-instruct"} & set(ranked(decision))
        assert "4,096" in against(decision, "70b-python")
        assert "4,096" in against(decision, "70b-instruct")
        assert any("16,384" in caution.text for caution in decision.candidates[0].cautions)


def test_base_70b_may_read_long_contexts() -> None:
    assert ranked(ask(task="complete", context="32768", gpu="4x80"))[0] == "70b-base"


@pytest.mark.parametrize(("task", "variant"), [("complete", "base"), ("chat", "instruct")])
def test_many_long_requests_go_to_34b_where_there_is_room(task: str, variant: str) -> None:
    for gpu in ("", "80", "2x80"):
        decision = ask(task=task, context="16384", matters="many", gpu=gpu)
        assert ranked(decision)[0] == f"34b-{variant}"
        assert "192" in decision.why[1].text


def test_many_requests_on_a_small_card_go_to_what_leaves_room() -> None:
    decision = ask(task="complete", matters="many", gpu="24")
    held = {candidate.model: candidate.room.requests for candidate in decision.candidates if candidate.room}
    assert held == {"7b-base": 16, "13b-base": 8, "34b-base": 6}
    room = ask(task="complete", matters="many", gpu="80").candidates[0].room
    assert room is not None
    assert (room.form.slug, room.cache.slug) == ("bitsandbytes-nf4", "8")


@pytest.mark.parametrize("after", ["yes", "no"])
@pytest.mark.parametrize("gpu", ["", "24", "80"])
def test_a_fast_first_word_comes_from_7b(after: str, gpu: str) -> None:
    assert ranked(ask(task="complete", after=after, matters="speed", gpu=gpu))[0] == "7b-base"


def test_fine_tuning_for_python_may_start_from_python() -> None:
    decision = ask(task="finetune", language="python")
    assert ranked(decision)[0] == "70b-python"
    assert "62.2" in decision.why[0].text
    assert set(ranked(decision)) == sizes_of("python") | sizes_of("base")
    assert ranked(ask(task="finetune", language="python", gpu="24"))[0] == "34b-python"
    assert ranked(ask(task="finetune", language="python", after="yes"))[0] == "13b-base"


def test_fine_tuning_starts_from_base() -> None:
    assert set(ranked(ask(task="finetune"))) == sizes_of("base")
    assert set(ranked(ask(task="finetune", after="yes"))[:2]) == sizes_of("base", "7b", "13b")


def test_mathematics_is_not_for_code_llama() -> None:
    decision = ask(task="maths")
    assert ranked(decision) == []
    assert "GSM8K" in decision.why[0].text
    assert len(decision.excluded) == len(MODELS)


# --- where rows meet --------------------------------------------------------------------------


def test_infilling_never_goes_to_34b_however_large_the_card() -> None:
    for gpu in ("80", "2x80", "4x80", "8x80"):
        assert ranked(ask(task="complete", after="yes", gpu=gpu))[0] == "13b-base"


def test_infilling_for_many_does_not_go_to_34b_either() -> None:
    assert ranked(ask(after="yes", context="16384", matters="many", gpu="80"))[0] == "7b-base"


@pytest.mark.parametrize("task", ["both", "chat"])
def test_infilling_and_chat_in_one_model_go_to_instruct_7b_or_13b(task: str) -> None:
    decision = ask(task=task, after="yes")
    assert ranked(decision) == ["13b-instruct", "7b-instruct"]
    assert any("only Base 7B and 13B can infill" in caution.text for caution in decision.candidates[0].cautions)


def test_infilling_python_goes_to_base_and_says_why_not_python() -> None:
    decision = ask(task="complete", language="python", after="yes", gpu="24")
    assert ranked(decision)[0] == "13b-base"
    assert any("cannot fill gaps" in caution.text for caution in decision.candidates[0].cautions)


def test_long_python_with_four_large_cards_stays_below_70b() -> None:
    assert ranked(ask(task="generate", language="python", context="16384", gpu="4x80"))[0] == "34b-python"


def test_long_chat_with_four_large_cards_stays_below_70b() -> None:
    assert ranked(ask(task="chat", context="16384", gpu="4x80"))[0] in sizes_of("instruct", "13b", "34b")


def test_a_24_gb_card_takes_7b_whole_13b_at_8_bits_and_34b_at_4_bits() -> None:
    decision = ask(task="generate", language="python", gpu="rtx-3090")
    held = {candidate.model: candidate.room.form.slug for candidate in decision.candidates if candidate.room}
    assert held == {"34b-python": "bitsandbytes-nf4", "13b-python": "fp8", "7b-python": "fp16"}
    assert "Does not fit" in against(decision, "70b-python")


def test_what_the_fact_sheet_says_of_24_and_80_gb_is_left_over() -> None:
    for gpu, model, left in (("rtx-3090", "7b-base", 8.7), ("a100-80gb", "34b-base", 8.5)):
        decision = ask(task="complete", gpu=gpu)
        room = next(candidate.room for candidate in decision.candidates if candidate.model == model)
        assert room is not None
        assert (room.form.slug, round(room.usable_gib - room.weights_gib, 1)) == ("fp16", left)


def test_long_context_counts_against_the_card() -> None:
    assert ranked(ask(task="complete", gpu="24", context="4096"))[0] == "34b-base"
    decision = ask(task="complete", gpu="24", context="100000")
    assert "Does not fit on 1 × 24 GB" in against(decision, "7b-base")


def test_long_chat_goes_to_the_size_that_finds_what_it_was_told() -> None:
    decision = ask(task="chat", gpu="2x24", context="16384")
    assert ranked(decision) == ["13b-instruct", "34b-instruct", "7b-instruct"]
    assert decision.by == "retrieval"
    assert ranked(ask(task="chat", context="24000"))[0] == "13b-instruct"


def test_a_card_too_small_for_all_says_what_they_need() -> None:
    decision = ask(task="chat", gpu="4")
    assert decision.candidates == []
    assert "needs 4.7 GiB for 4,096 tokens" in against(decision, "7b-instruct")


def test_more_than_any_model_reads_is_said() -> None:
    decision = ask(task="complete", context="100001")
    assert decision.candidates == []
    assert all("100,000" in against(decision, model) for model in MODELS)


def test_three_cards_are_used_as_two() -> None:
    room = ask(task="complete", gpu="3x48").candidates[0].room
    assert room is not None
    assert room.fit.count == 2
