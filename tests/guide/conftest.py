"""The guide as it is shipped, loaded."""

import shutil
from pathlib import Path

import pytest
from django.test import Client

from apps.guide.services.load import load_guide
from apps.guide.services.read import CONTENT_FOLDER
from tests.guide.reading import ReadPage


@pytest.fixture
def guide(db: None) -> None:
    """The shipped content, in the database."""
    load_guide()


@pytest.fixture
def page(guide: None, client: Client) -> ReadPage:
    """``/guide/`` as somebody reads it who is not signed in."""
    return ReadPage(client.get("/guide/").text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped content files, to be spoilt."""
    return shutil.copytree(CONTENT_FOLDER, tmp_path / "content")
