"""The steps of a connection test as a page shows them: ended, running, still to come."""

from dataclasses import dataclass

from apps.endpoints.connection_test.record import ConnectionTestRecord, Outcome, StepResult
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
class ConnectionTestSummary:
    """The state of the whole test in one line."""

    tone: str
    sentence: str


def steps_shown(record: ConnectionTestRecord) -> list[ShownStep]:
    """Return every step in order; while the test runs, the first step without a result is running."""
    results = {result.step: result for result in record.results}
    running = next((name for name in STEPS if name not in results), None) if not record.is_over else None
    return [_shown(name, label, results.get(name), is_running=name == running) for name, label in STEPS.items()]


def summary_of(record: ConnectionTestRecord) -> ConnectionTestSummary:
    """Return whether the server is ready, or how far the test has come."""
    if not record.is_over:
        return ConnectionTestSummary(
            "info", f"Testing, step {min(len(record.results) + 1, len(STEPS))} of {len(STEPS)}"
        )
    if record.trouble or len(record.results) < len(STEPS):
        return ConnectionTestSummary("warning", "The test was not finished")
    failed = [STEPS[result.step].lower() for result in record.results if result.outcome == Outcome.FAILED]
    if failed:
        return ConnectionTestSummary("danger", f"This server is not ready. Failed: {', '.join(failed)}")
    return ConnectionTestSummary("good", "This server works")


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
