"""The guide as it is shipped, and pages of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from apps.guide.services.read import CONTENT_FOLDER
from tests.guide.reading import ReadPage
from tests.support.shipped_guide import fill_guide


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The shipped content for all tests of a file: their transactions lie inside of one that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill_guide()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def guide(loaded: None, db: None) -> None:
    """The shipped content, in the database; what a test changes in it is undone."""


@pytest.fixture
def page(guide: None, client: Client) -> ReadPage:
    """``/guide/`` as somebody reads it who is not signed in."""
    return ReadPage(client.get("/guide/").text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped content files, to be spoilt."""
    return shutil.copytree(CONTENT_FOLDER, tmp_path / "content")
