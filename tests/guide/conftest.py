"""The guide as it is shipped, loaded."""

import shutil
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from apps.guide.models import Source
from apps.guide.services.load import load_guide
from apps.guide.services.read import CONTENT_FOLDER
from tests.guide.reading import ReadPage

# What the guide's tables hold after a load, as COPY writes it: putting it back takes a fraction of a load.
_loaded: dict[str, bytes] = {}


@pytest.fixture
def guide(db: None) -> None:
    """The shipped content, in the database."""
    if _loaded and not Source.objects.exists():
        put_back()
        return
    load_guide()
    if not _loaded:
        keep()


def keep() -> None:
    with connection.cursor() as cursor:
        for model in apps.get_app_config("guide").get_models():
            table = model._meta.db_table
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                _loaded[table] = b"".join(bytes(data) for data in copy)


def put_back() -> None:
    with connection.cursor() as cursor:
        for table, rows in _loaded.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)


@pytest.fixture
def page(guide: None, client: Client) -> ReadPage:
    """``/guide/`` as somebody reads it who is not signed in."""
    return ReadPage(client.get("/guide/").text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped content files, to be spoilt."""
    return shutil.copytree(CONTENT_FOLDER, tmp_path / "content")
