"""The folders of a stack, and who may enter them."""

import stat
from pathlib import Path

import pytest

from apps.embedded.errors import StartError
from apps.embedded.folders import let_others_read, make_folders
from apps.embedded.layout import Layout


def test_only_the_owner_may_reach_the_sockets(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "data")
    layout.sockets.mkdir(parents=True, mode=0o777)
    make_folders(layout)
    assert stat.S_IMODE(layout.sockets.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_a_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"DATA_DIR .*/file/data cannot be used: Not a directory"):
        make_folders(Layout(tmp_path / "file" / "data"))


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "data")
    (tmp_path / "elsewhere").mkdir()
    layout.data_dir.mkdir()
    layout.sockets.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StartError, match="belongs to somebody else"):
        make_folders(layout)


def test_installed_files_become_readable_and_stay_as_runnable_as_they_were(tmp_path: Path) -> None:
    program, library = tmp_path / "program", tmp_path / "library"
    program.touch(mode=0o700)
    library.touch(mode=0o600)
    let_others_read(tmp_path)
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert stat.S_IMODE(library.stat().st_mode) == 0o644
