"""Fixtures of the playground's tests: people, a real worker, and a model that counts."""

import pytest

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.support.scripted_server import counting_server, scripted_server
from tests.support.services import Running

__all__ = ["counting_server", "scripted_server"]


@pytest.fixture
def staff(db: None) -> User:
    user, _ = create_user(username="admin", staff=True)
    return user


@pytest.fixture
def base(db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    """A model that can complete and fill in, with a worker that asks it."""
    return add_endpoint(
        name="gpu-1", url=counting_server, protocol="openai", variant="base", size="7B", max_concurrency=20
    )


@pytest.fixture
def instruct(db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    """A model that can chat and complete."""
    return add_endpoint(
        name="gpu-2", url=counting_server, protocol="openai", variant="instruct", size="34B", max_concurrency=20
    )
