"""The guide as it is shipped, and pages of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.signals import setting_changed
from django.db import connection, transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from apps.guide.kept_pages import kept_pages
from apps.guide.models import Edition
from apps.guide.services.read import CONTENT_FOLDER
from tests.guide.reading import ReadPage
from tests.support.shipped_guide import fill_guide


@pytest.fixture(scope="session", autouse=True)
def kept_for_these_settings() -> Iterator[None]:
    """Pages that are kept know nothing of settings, which change in tests only."""

    def forget(**_changed: object) -> None:
        kept_pages.clear()

    setting_changed.connect(forget)
    yield
    setting_changed.disconnect(forget)


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The shipped content for all tests of a file: their transactions lie inside of one that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill_guide()
        # Else each test would check every foreign key of the guide at its end: in its savepoint, which is undone.
        connection.check_constraints()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def guide(loaded: None, db: None) -> None:
    """The shipped content, in the database; what a test changes in it is undone."""


@pytest.fixture
def anew(guide: None) -> None:
    """Forget kept pages: the next request renders its page anew."""
    Edition.objects.renew()


@pytest.fixture
def page(guide: None, client: Client) -> ReadPage:
    """``/guide/`` as somebody reads it who is not signed in."""
    return ReadPage(client.get("/guide/").text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped content files, to be spoilt."""
    return shutil.copytree(CONTENT_FOLDER, tmp_path / "content")
