"""Make the database available to a command, even if the one-command stack does not run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import TimeoutExpired

from django.conf import settings

from apps.embedded.errors import StartError
from apps.embedded.given import is_given
from apps.embedded.layout import Layout

START_SECONDS = 60.0
POLL_SECONDS = 0.1


@contextmanager
def database_at_hand() -> Iterator[None]:
    """Run the embedded Postgres during the ``with`` block, unless it runs already or the environment names another.

    Raises ``StartError``.
    """
    if is_given("DATABASE_URL"):
        yield
        return
    # Production has no embedded engines.
    from apps.embedded.engines import postgres  # noqa: PLC0415

    layout: Layout = settings.LAYOUT
    if postgres.answers(layout):
        yield
        return
    with _started(layout):
        yield


@contextmanager
def _started(layout: Layout) -> Iterator[None]:
    from apps.embedded import folders  # noqa: PLC0415 - as above
    from apps.embedded.engines import postgres  # noqa: PLC0415
    from apps.embedded.program import run_in_background  # noqa: PLC0415
    from apps.embedded.supervision import instance  # noqa: PLC0415

    folders.make_folders(layout)
    with instance.only_instance(layout), (layout.logs / "postgres.log").open("ab") as log:
        postgres.prepare(layout)
        if not postgres.is_initialised(layout):
            if run_in_background(postgres.initialisation(layout), log).wait() != 0:
                raise StartError(f"The database could not be made; {log.name} says why.")
            postgres.finish_initialisation(layout)
        program = postgres.program(layout)
        process = run_in_background(program, log)
        try:
            give_up = time.monotonic() + START_SECONDS
            while not postgres.answers(layout):
                if process.poll() is not None or time.monotonic() > give_up:
                    raise StartError(f"Postgres does not start; {log.name} says why.")
                time.sleep(POLL_SECONDS)
            postgres.create_database(layout)
            yield
        finally:
            process.send_signal(program.stop_signal)
            try:
                process.wait(START_SECONDS)
            except TimeoutExpired:
                process.kill()
