"""Folders group conversations of one person, and give those that begin in them their settings."""

import pytest

from apps.accounts.models import User
from apps.chat.errors import FolderNameTaken, TooManyFolders
from apps.chat.models import Conversation, Folder
from apps.chat.selectors import sidebar_of
from apps.chat.services.folders import MOST_FOLDERS, delete_folder, move_conversation, save_folder
from apps.chat.services.fork import fork_conversation
from apps.chat.services.organize import archive_conversation, pin_conversation
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def folder(alice: User) -> Folder:
    return save_folder(
        owner=alice, folder=Folder(name="Work", system_prompt="Be brief.", parameters={"temperature": 0.2})
    )


def grouped(user: User) -> list[tuple[str, list[str]]]:
    return [(group.heading, [item.title for item in group.conversations]) for group in sidebar_of(user).groups]


def test_sidebar_shows_folders_below_what_is_pinned(alice: User, folder: Folder) -> None:
    other = save_folder(owner=alice, folder=Folder(name="art"))
    one, two, three, four, _ = [answered_conversation(alice, f"Question {n}", "Yes.") for n in range(1, 6)]
    for item, into in ((one, folder), (two, other), (three, folder), (four, folder)):
        move_conversation(conversation=item, folder=into)
    pin_conversation(conversation=three, pinned=True)
    archive_conversation(conversation=four, archived=True)
    assert grouped(alice) == [
        ("Pinned", ["Question 3"]),
        ("art", ["Question 2"]),
        ("Work", ["Question 1"]),
        ("Today", ["Question 5"]),
    ]


def test_conversation_that_begins_in_it_has_its_settings(alice: User, folder: Folder, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    page = browser.get(f"/chat/?folder={folder.pk}").text
    assert f'<input type="hidden" name="folder" value="{folder.pk}">' in page
    assert "In “Work”" in page
    assert "Be brief." in page
    sent = {
        "message": "Why?",
        "folder": folder.pk,
        "settings-system_prompt": "Be brief.",
        "settings-temperature": "0.2",
    }
    browser.post("/chat/", sent)
    begun = Conversation.objects.get()
    assert (begun.folder, begun.system_prompt, begun.parameters) == (folder, "Be brief.", {"temperature": 0.2})
    assert Generation.objects.get().messages[0] == {"role": "system", "content": "Be brief."}


def test_conversation_is_moved_in_and_out(alice: User, folder: Folder, signed_in: SignedIn) -> None:
    talk = answered_conversation(alice, "Why?", "So.")
    browser, address = signed_in(alice), f"{talk.get_absolute_url()}move/"
    assert "Move to folder" in browser.get(f"{talk.get_absolute_url()}manage/").text
    assert "is in the folder “Work” now." in browser.post(address, {"folder": folder.pk}, headers=HTMX).text
    assert grouped(alice) == [("Work", ["Why?"])]
    assert "Why?" in browser.get(folder.get_absolute_url()).text
    assert fork_conversation(message=talk.thread.latest("position")).folder == folder
    assert browser.post(address, {"folder": ""}).status_code == 302
    talk.refresh_from_db()
    assert (talk.folder, talk.system_prompt) == (None, "")


def test_conversations_outlive_their_folder(alice: User, folder: Folder) -> None:
    talk = answered_conversation(alice, "Why?", "So.")
    move_conversation(conversation=talk, folder=folder)
    delete_folder(folder=folder)
    talk.refresh_from_db()
    assert talk.folder is None
    assert grouped(alice) == [("Today", ["Why?"])]


def test_folder_is_made_changed_and_deleted(alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    assert "You have no folders" in browser.get("/chat/folders/").text
    made = browser.post("/chat/folders/add/", {"name": " Work ", "seed": "7", "stop": ""}, follow=True)
    assert "The folder “Work” was saved." in made.text
    folder = Folder.objects.get()
    assert (folder.name, folder.parameters) == ("Work", {"seed": 7})
    again = browser.post("/chat/folders/add/", {"name": "Work"})
    assert (again.status_code, FolderNameTaken.sentence in again.text) == (409, True)
    wrong = browser.post(folder.get_absolute_url(), {"name": "Play", "temperature": "hot"})
    assert (wrong.status_code, Folder.objects.get().name) == (422, "Work")
    browser.post(folder.get_absolute_url(), {"name": "Play", "temperature": "0.5"})
    changed = Folder.objects.get()
    assert (changed.name, changed.parameters) == ("Play", {"temperature": 0.5})
    browser.post(f"{folder.get_absolute_url()}delete/")
    assert not Folder.objects.exists()


def test_others_folders_are_not_there(alice: User, bob: User, folder: Folder, signed_in: SignedIn) -> None:
    browser, talk = signed_in(bob), answered_conversation(bob, "Why?", "So.")
    assert browser.get(folder.get_absolute_url()).status_code == 404
    assert browser.post(f"{folder.get_absolute_url()}delete/").status_code == 404
    for number in (str(folder.pk), "9" * 30, "x"):
        assert browser.post(f"{talk.get_absolute_url()}move/", {"folder": number}).status_code == 404
        browser.post("/chat/", {"message": "Why?", "folder": number})
    assert not Conversation.objects.filter(folder__isnull=False).exists()
    assert "In “Work”" not in browser.get(f"/chat/?folder={folder.pk}").text


def test_number_of_folders_is_limited(alice: User) -> None:
    Folder.objects.bulk_create(Folder(owner=alice, name=f"{number}") for number in range(MOST_FOLDERS))
    with pytest.raises(TooManyFolders):
        save_folder(owner=alice, folder=Folder(name="One more"))
