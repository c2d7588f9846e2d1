"""Every recorded stream gives what was recorded, and fails as it failed, however it is cut."""

from collections.abc import Callable

import pytest

from tests.contract.conftest import Ask, Outcome
from tests.contract.cuts import every_byte, inside_line_ends, pieces, whole
from tests.contract.dialects import Dialect, Recording
from tests.contract.native_dialects import RECORDED
from tests.support.scripted_server import ScriptedServer

CASES = [
    pytest.param(dialect, recording, id=f"{dialect.name}-{recording.name}")
    for dialect in RECORDED
    for recording in dialect.recordings()
]


def test_there_are_recordings_of_both_protocols() -> None:
    assert {dialect.protocol for dialect in RECORDED} == {"openai", "tgi"}
    assert len(CASES) == 29


@pytest.mark.parametrize("split", [whole, inside_line_ends, every_byte])
@pytest.mark.parametrize(("dialect", "recording"), CASES)
async def test_recording_reads_as_it_was_recorded(
    dialect: Dialect,
    recording: Recording,
    ask: Ask,
    scripted_server: ScriptedServer,
    split: Callable[[bytes], list[bytes]],
) -> None:
    scripted_server.answer(*pieces(split(recording.data)))
    assert_is(await ask(), recording)


def assert_is(outcome: Outcome, recording: Recording) -> None:
    if recording.error:
        assert type(outcome.error).__name__ == recording.error
        assert (outcome.text, outcome.tokens) == (recording.text, recording.tokens)
        return
    assert outcome.succeeded, outcome.error
    assert (outcome.text, outcome.tokens) == (recording.text, recording.tokens)
    assert outcome.ending == (recording.finish_reason, recording.usage)
    assert outcome.deltas[-1].whole_text == recording.whole_text
