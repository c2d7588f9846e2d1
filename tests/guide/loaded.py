"""The shipped guide, loaded once for a module of tests that only read it or change it within their own transaction."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from apps.guide.services.load import load_guide


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Each test's own transaction lies inside the module's, which is rolled back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_guide()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def guide(loaded: None, db: None) -> None:
    """The shipped content, in the database; instead of the fixture that loads it for every test."""
