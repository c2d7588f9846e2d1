"""One stack per data folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.embedded.errors import StartError
from apps.embedded.layout import Layout
from apps.embedded.program import PROJECT_FOLDER
from apps.embedded.supervision.instance import only_instance

HOLDER = """
import sys, time
from pathlib import Path
from apps.embedded.supervision.instance import only_instance
from apps.embedded.layout import Layout
with only_instance(Layout(Path(sys.argv[1]))):
    print("holds", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT_FOLDER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds\n"
        yield process
        process.kill()


def test_a_second_copy_on_the_same_folder_is_refused(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    with (
        pytest.raises(StartError, match=rf"Another copy is running on .* \(process {holder.pid}\)"),
        only_instance(Layout(tmp_path)),
    ):
        pass


def test_a_killed_copy_holds_nothing(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    holder.wait()
    with only_instance(Layout(tmp_path)):
        assert (tmp_path / "lock").read_text() != str(holder.pid)
