"""The steps of a test as a page shows them: those that ended, the one under way, and those to come."""

from dataclasses import dataclass

from apps.endpoints.connection_test.record import Outcome, StepResult, TestRecord
from apps.endpoints.connection_test.run import STEPS

WORDS = {
    Outcome.PASSED: ("good", "Passed"),
    Outcome.FAILED: ("danger", "Failed"),
    Outcome.NOT_OFFERED: ("neutral", "Not offered"),
    Outcome.NOT_TRIED: ("neutral", "Not tried"),
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One line: ``outcome`` is an ``Outcome``, ``running`` or ``waiting``."""

    name: str
    label: str
    outcome: str
    tone: str
    word: str
    time: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a test stands, in one line."""

    tone: str
    sentence: str


def steps_shown(record: TestRecord) -> list[ShownStep]:
    """Every step, in order; the first without a result is under way while the test is."""
    results = {result.step: result for result in record.results}
    running = next((name for name in STEPS if name not in results), None) if not record.is_over else None
    return [_shown(name, label, results.get(name), is_running=name == running) for name, label in STEPS.items()]


def verdict_of(record: TestRecord) -> Verdict:
    """Whether the server may be depended on, or how far the test is."""
    if not record.is_over:
        return Verdict("info", f"Testing, step {min(len(record.results) + 1, len(STEPS))} of {len(STEPS)}")
    if record.trouble or len(record.results) < len(STEPS):
        return Verdict("warning", "The test was not finished")
    failed = [STEPS[result.step].lower() for result in record.results if result.outcome == Outcome.FAILED]
    if failed:
        return Verdict("danger", f"This server is not ready. Failed: {', '.join(failed)}")
    return Verdict("good", "This server works")


def _shown(name: str, label: str, result: StepResult | None, *, is_running: bool) -> ShownStep:
    if result is None:
        tone, word = ("live", "Trying") if is_running else ("neutral", "Waiting")
        return ShownStep(name, label, "running" if is_running else "waiting", tone, word)
    tone, word = WORDS[Outcome(result.outcome)]
    was_tried = result.outcome in {Outcome.PASSED, Outcome.FAILED}
    return ShownStep(
        name, label, result.outcome, tone, word, _time(result.seconds) if was_tried else "", result.sentence
    )


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
