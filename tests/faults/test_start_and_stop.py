"""The one command starts everything, stops everything, and starts again on what a killed run left."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin

import psutil
import pytest

from apps.embedded.engines.model_server import MODEL_NAME
from apps.embedded.ports import free_port
from apps.embedded.program import PROJECT_FOLDER
from apps.embedded.supervision.records import is_alive
from tests.faults.conftest import stack_in_a_folder
from tests.faults.stack import ALL, PATIENCE, Stack
from tests.support.sign_in_form import sign_in_form

pytestmark = pytest.mark.faults

PASS_ON = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


def assert_stops(stack: Stack, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """A signal to the parent stops every process."""
    stack.wait_until(lambda: stack.names() == ALL and len(stack.living()) > len(ALL))
    family = stack.living()
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0, stack.console
    assert [member for member in family if is_alive(member)] == []
    assert "is killed" not in stack.console


def test_all_is_served_what_is_killed_starts_again_and_ctrl_c_stops_it(stack: Stack) -> None:
    process = stack.start_and_wait()
    assert stack.is_ready()
    assert len([line for line in stack.console.splitlines() if "ready" in line]) == 1
    sign_in_by_the_printed_link(stack)
    complete_in_place_of_base(stack)
    assert stack.names() == ALL
    for name in sorted(ALL):
        killed = stack.pid_of(name)
        os.kill(killed, signal.SIGKILL)
        stack.wait_until_it_says(f"{name} runs again")
        assert f"{name} died (signal SIGKILL)" in stack.console
        assert stack.pid_of(name) != killed
    stack.wait_until(stack.is_ready)
    assert_stops(stack, process, signal.SIGINT)


def sign_in_by_the_printed_link(stack: Stack) -> None:
    link = stack.printed_link
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(link, timeout=60) as page:
        address, fields = sign_in_form(page.read().decode())
    with browser.open(urljoin(link, address), urlencode(fields).encode(), timeout=60) as page:
        assert page.url.endswith("/chat/")


def complete_in_place_of_base(stack: Stack) -> None:
    """The examples of the keys page ask for Base: the local model answers, by its own name."""
    asked = {"model": "base", "prompt": "def add(a, b):\n", "max_tokens": 4, "temperature": 0, "logprobs": 1}
    request = urllib.request.Request(  # noqa: S310 (our own address)
        f"{stack.site}/v1/completions",
        json.dumps(asked).encode(),
        {"Authorization": f"Bearer {stack.manage('create_api_key', 'admin')}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
        answer = json.load(response)
    (choice,) = answer["choices"]
    assert answer["model"] == MODEL_NAME
    assert choice["text"]
    assert "".join(choice["logprobs"]["tokens"]) == choice["text"]


def test_a_signal_while_starting_leaves_nothing(stack: Stack) -> None:
    process = stack.start()
    stack.wait_until(lambda: len(stack.living()) > 2 and "valkey" in stack.names())
    family = stack.living()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0, stack.console
    assert [member for member in family if is_alive(member)] == []


@pytest.fixture(scope="module")
def launched_stack() -> Iterator[Stack]:
    """A stack that tests share, for as long as it runs."""
    with stack_in_a_folder(SECRET_KEY="") as stack:
        stack.begin_prepared()
        yield stack


@pytest.fixture
def launched(launched_stack: Stack) -> Stack:
    """A stack that has been started by a launcher, a moment ago or by an earlier test."""
    if not any(process.poll() is None for process in launched_stack.processes):
        launcher = launched_stack.data_dir.parent / "uv"
        launcher.unlink(missing_ok=True)
        launcher.symlink_to(sys.executable)
        launched_stack.start(prefix=(str(launcher), "-c", PASS_ON))
    return launched_stack


def test_copies_run_side_by_side_and_a_killed_one_leaves_nothing_in_the_way(launched: Stack, stack: Stack) -> None:
    stack.begin_prepared()
    process = stack.start()
    stack.wait_until(stack.is_ready)
    launched.wait_until(launched.is_ready)
    assert_is_alone(stack, process)
    assert_commands_reach(launched)
    family = stack.living()
    process.kill()
    process.wait()
    next_process = stack.start_and_wait()
    assert stack.is_ready()
    assert [member for member in family if is_alive(member)] == []
    assert_stops(stack, next_process, signal.SIGTERM)
    assert launched.is_ready()


def test_a_stack_ends_with_the_launcher_that_started_it(launched: Stack) -> None:
    launched.wait_until_it_says(" ready at ")
    family = launched.living()
    launcher = launched.processes[-1]
    assert psutil.Process(launcher.pid).name() == "uv"
    launcher.kill()
    launched.wait_until(lambda: not any(is_alive(member) for member in family))


def assert_commands_reach(stack: Stack) -> None:
    """A command that names the folder alone finds the rest, without what the tests have on their PATH."""
    environment = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(stack.data_dir)}
    command = [str(PROJECT_FOLDER / "workbench"), "sign_in_url", "admin"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.stdout.startswith(f"{stack.site}/accounts/"), answer.stderr


def assert_is_alone(stack: Stack, process: subprocess.Popen[bytes]) -> None:
    """A second copy on the same folder is refused, and the first keeps running."""
    second = replace(stack, port=free_port(), processes=[])
    assert second.start().wait(PATIENCE) == 1
    assert f"Another copy is running on {stack.data_dir} (process {process.pid})." in second.console
    assert process.poll() is None
