"""The collected static files, kept in this checkout and copied for each process of the tests."""

from pathlib import Path

from django.conf import settings
from django.test import override_settings

from apps.embedded.layout import Layout
from apps.embedded.provisioning import collect_static
from tests.support.prepared import FOLDER, alone, copy


def copy_static_files() -> None:
    """Collect the static files if any changed since the last time, and put them where the settings say."""
    kept = FOLDER / "static"
    with alone():
        with override_settings(STATIC_ROOT=kept):
            collect_static(Layout(FOLDER))
        copy(kept, Path(settings.STATIC_ROOT))
