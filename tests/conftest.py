"""Fixtures that every app's tests share."""

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from urllib.error import HTTPError, URLError

import pytest
from django.db import connection
from django.test import Client, override_settings
from hypothesis import HealthCheck, settings

from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from apps.embedded.program import Program
from project.celery import app as celery_app
from tests.support.services import Running, Services, run
from tests.support.static_files import copy_static_files

# The machine is slow at times; that says nothing about a test. The examples are the same each time, or chance decides.
settings.register_profile("workbench", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("workbench"), derandomize=False, max_examples=2000)
settings.load_profile("workbench")

type SignedIn = Callable[[User], Client]

JSON_LOGS = {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: Services) -> None:
    """pytest-django asks for this before it opens the test database; pages need the static files too."""
    copy_static_files()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Keep the test database: dropping it would wait for open connections, and it goes with its server."""
    return True


@pytest.fixture(scope="session", autouse=True)
def static_files_when_asked_for() -> Iterator[None]:
    """Each test client makes all middleware anew, which otherwise lists every static file: half a page's time."""
    looked_up = {
        "SERVESTATIC_AUTOREFRESH": True,
        "SERVESTATIC_USE_MANIFEST": False,
        "SERVESTATIC_USE_STATIC_ROOT": False,
    }
    with override_settings(**looked_up):
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_hashed_once() -> Iterator[None]:
    """Hash passwords in one round: a million of them, as in production, take half a second each time."""
    with override_settings(PASSWORD_HASHERS=["tests.support.hashing.OneRound"]):
        yield


@pytest.fixture
def redis_url(services: Services) -> str:
    """The address of the running Valkey, for tests that need it without a database."""
    return services.layout.redis_url


@pytest.fixture
def alice(db: None) -> User:
    """The owner."""
    return User.objects.create_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    """A team mate."""
    return User.objects.create_user("bob")


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger."""
    return User.objects.create_user("charlie")


@pytest.fixture
def signed_in() -> SignedIn:
    """Return a browser in which that person is signed in."""

    def client_of(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return client_of


@pytest.fixture
def browser(alice: User, signed_in: SignedIn) -> Client:
    """Alice's browser."""
    return signed_in(alice)


@pytest.fixture(scope="session")
def programs_at_hand() -> list[Running]:
    """The programs that tests of this process have started on the test database so far."""
    return []


@pytest.fixture
def no_worker_at_hand(programs_at_hand: list[Running], transactional_db: None) -> Iterator[None]:
    """Workers of other tests stand still meanwhile, so that what waits goes on waiting."""
    workers = [running for running in programs_at_hand if running.program.name == "worker"]
    for worker in workers:
        worker.pause(until=nobody_is_in_a_transaction)
    yield
    celery_app.control.purge()
    for worker in workers:
        worker.go_on()


def nobody_is_in_a_transaction() -> bool:
    """Return whether no other session of this database could hold a lock."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        """)
        return bool(cursor.fetchone() == (0,))


@pytest.fixture(scope="session")
def run_program(
    services: Services, programs_at_hand: list[Running], django_db_setup: None
) -> Iterator[Callable[[Program], Running]]:
    """Runs a program on the test database, until the tests end."""
    server, _, _ = services.layout.database_url.rpartition("/")
    environment = {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}

    def run_on_test_database(program: Program) -> Running:
        program = replace(program, environment={**environment, **program.environment})
        programs_at_hand.append(run(program, services.layout.logs))
        return programs_at_hand[-1]

    yield run_on_test_database
    for running in reversed(programs_at_hand):
        running.stop()


@pytest.fixture(scope="session")
def celery_worker_process(services: Services, run_program: Callable[[Program], Running]) -> Running:
    """A real Celery worker. Tests that use it commit their data: ``django_db(transaction=True)``."""
    worker = run_program(replace(programs.worker(), environment=JSON_LOGS))
    worker.wait_until(_worker_answers)
    return worker


@pytest.fixture(scope="session")
def live_asgi_server(run_program: Callable[[Program], Running]) -> str:
    """The base URL of a real ASGI server. Tests that use it commit their data: ``django_db(transaction=True)``."""
    port = free_port()
    web = run_program(replace(programs.web(port), environment=JSON_LOGS))
    web.wait_until(lambda: answers(f"http://{HOST}:{port}/healthz"))
    return f"http://{HOST}:{port}"


@pytest.fixture(scope="session")
def model_server(run_program: Callable[[Program], Running]) -> str:
    """The base URL of a real llama.cpp server with the small local model."""
    port = free_port()
    server = run_program(programs.model_server(port))
    server.wait_until(lambda: answers(f"http://{HOST}:{port}/health", status=HTTPStatus.OK))
    return f"http://{HOST}:{port}"


def _worker_answers() -> bool:
    with celery_app.connection_for_write() as broker:
        replies = celery_app.control.ping(timeout=0.5, connection=broker)
    return bool(replies)


def answers(url: str, *, status: HTTPStatus | None = None) -> bool:
    """Return whether ``url`` answers at all, or with ``status``."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 -- our own address
            return status in {None, response.status}
    except HTTPError as error:
        with error:
            return status in {None, error.code}
    except (URLError, OSError):
        return False
