"""Save and delete folders, and move conversations."""

from django.db import transaction

from apps.accounts.models import User
from apps.chat.errors import FolderNameTaken, TooManyFolders
from apps.chat.models import Conversation, Folder

MOST_FOLDERS = 50  # of one person


def save_folder(*, owner: User, folder: Folder) -> Folder:
    """Store a folder of the owner's, as it was filled in and checked.

    Conversations in the folder keep their settings. Raises ``FolderNameTaken`` and ``TooManyFolders``.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        others = Folder.objects.owned_by(owner).exclude(pk=folder.pk)
        if others.filter(name=folder.name).exists():
            raise FolderNameTaken
        if folder.pk is None and others.count() >= MOST_FOLDERS:
            raise TooManyFolders(MOST_FOLDERS)
        folder.owner = owner
        folder.save()
    return folder


def delete_folder(*, folder: Folder) -> None:
    """Delete a folder. Its conversations stay, in no folder."""
    Folder.objects.filter(pk=folder.pk).delete()


def move_conversation(*, conversation: Conversation, folder: Folder | None) -> None:
    """Move the conversation into a folder of its owner, or out of its folder (``None``). It keeps its settings."""
    Conversation.objects.filter(pk=conversation.pk).update(folder=folder)
    conversation.folder = folder
