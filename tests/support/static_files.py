"""The collected static files, kept in this checkout and copied for each process of the tests and for whole stacks."""

from pathlib import Path

from django.conf import settings
from django.test import override_settings

from apps.embedded.layout import Layout
from apps.embedded.provisioning import collect_static, static_fingerprint
from tests.support.prepared import FOLDER, alone, copy


def copy_static_files(target: Path | None = None) -> None:
    """Collect the static files if any changed since the last time; put them into the settings' folder, or another."""
    kept = FOLDER / "static"
    with alone():
        with override_settings(STATIC_ROOT=kept):
            collect_static(Layout(FOLDER))
        copy(kept, target or Path(settings.STATIC_ROOT))


def copy_static_files_of(layout: Layout) -> None:
    """Put the static files into a stack's folder, as after an earlier start."""
    folder = layout.data_dir / "static"
    copy_static_files(folder)
    with override_settings(STATIC_ROOT=folder):
        layout.static_fingerprint.write_text(static_fingerprint())
