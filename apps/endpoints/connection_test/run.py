"""Run a connection test step by step. Plain asyncio, no database."""

import asyncio
from collections.abc import Awaitable, Callable

from apps.endpoints.connection_test.record import Outcome, StepResult
from apps.endpoints.connection_test.steps import ConnectionTest, NotSupported, ServerUnderTest
from apps.endpoints.security.networks import is_allowed_address
from apps.inference.errors import InferenceError
from apps.inference.http.connection import open_session

STEPS = {
    "reachability": "Reach the server",
    "authentication": "Use the token",
    "tokenization": "Count tokens",
    "chat": "Answer with one token",
    "streaming": "Stream a reply",
    "infilling": "Fill in the middle",
    "cancel": "Cancel a reply",
    "second_opinion": "Hugging Face’s client reads it",
}
# Skip every later step if one of these fails.
VITAL = {"reachability", "authentication"}
STEP_SECONDS = 20.0

type Report = Callable[[StepResult], None]


async def run_steps(subject: ServerUnderTest, report: Report) -> None:
    """Run every step in order and report each result as the step ends."""
    async with open_session(is_allowed=is_allowed_address) as http:
        test = ConnectionTest(http, subject)
        is_hopeless = False
        for name in STEPS:
            if is_hopeless:
                report(StepResult(name, Outcome.NOT_TRIED, 0.0, ""))
                continue
            result = await _run_step(name, getattr(test, name))
            report(result)
            is_hopeless = result.outcome == Outcome.FAILED and name in VITAL


async def _run_step(name: str, step: Callable[[], Awaitable[str]]) -> StepResult:
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        async with asyncio.timeout(STEP_SECONDS):
            sentence = await step()
    except NotSupported as reason:
        return StepResult(name, Outcome.NOT_OFFERED, 0.0, str(reason))
    except InferenceError as error:
        return StepResult(name, Outcome.FAILED, loop.time() - started, error.sentence)
    except TimeoutError:
        return StepResult(name, Outcome.FAILED, loop.time() - started, f"No end after {STEP_SECONDS:g} s.")
    return StepResult(name, Outcome.PASSED, loop.time() - started, sentence)
