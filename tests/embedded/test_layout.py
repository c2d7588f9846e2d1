"""The folder layout of a stack's state."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from apps.embedded.layout import LONGEST_SOCKET_DIRECTORY, Layout

folders = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=60)


def test_sockets_lie_in_the_data_folder() -> None:
    assert Layout(Path("/srv/workbench")).sockets == Path("/srv/workbench/sockets")


@given(st.lists(folders, min_size=1, max_size=8).map(lambda parts: Path("/", *parts)))
def test_socket_paths_are_never_too_long_for_the_kernel(data_dir: Path) -> None:
    assert len(bytes(Layout(data_dir).sockets)) <= LONGEST_SOCKET_DIRECTORY


def test_two_long_data_folders_do_not_share_their_sockets() -> None:
    long = "a-folder-with-a-long-name" * 8
    one, other = Layout(Path("/", long, "one")), Layout(Path("/", long, "other"))
    assert not one.sockets.is_relative_to(one.data_dir)  # or this test would mean nothing
    assert one.sockets != other.sockets
