"""Fixtures that every app's tests share."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.support.services import Services


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: Services) -> None:
    """pytest-django asks for this before it makes the test database."""


@pytest.fixture
def redis_url(services: Services) -> str:
    """The address of the running Valkey, for tests that need it without a database."""
    return str(settings.REDIS_URL)
