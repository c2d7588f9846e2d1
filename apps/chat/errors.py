"""The errors of the chat.

ChatError
├── ReplyInProgress   a reply is being written in this conversation
├── AlreadyQueued     a message waits for the reply already
├── EmptyMessage      there is nothing to send
├── InvalidInput      a form has an error; says where
├── NothingToContinue the reply is complete, or not the last
├── NoQuestion        the message cannot be answered again: it is not a reply
├── TooManyReplies    this person has as many unfinished replies as are allowed
├── NoMemory          Redis has no memory left for new replies
├── ConversationGone  the conversation was deleted meanwhile
├── PresetNameTaken   this person has a preset of that name
├── TooManyPresets    this person has as many presets as are allowed
├── FolderNameTaken   this person has a folder of that name
├── TooManyFolders    this person has as many folders as are allowed
├── EmptyTitle        a title needs a word
├── NotAText          an attached file is not a text
├── FileTooLarge      an attached file is a text, but too long
├── TooManyFiles      the question has as many files as are allowed
├── FileGone          a file that was to be sent is no longer there
├── NothingToShare    there is no finished exchange to share
└── NotImportable     a file is not a conversation; says where
"""


class ChatError(Exception):
    """The base of all. People read ``sentence``; ``status`` is the HTTP status."""

    sentence = "The message could not be sent."
    status = 422


class ReplyInProgress(ChatError):
    """One conversation has one reply at a time: its next question depends on it."""

    sentence = "A reply is still being written. Wait for it, or stop it first."
    status = 409


class AlreadyQueued(ChatError):
    """One message waits for a reply."""

    sentence = "A message is queued already. Remove it first, or wait until it is sent."
    status = 409


class EmptyMessage(ChatError):
    """The message is empty or white space."""

    sentence = "Write a message first."


class InvalidInput(ChatError):
    """A form has an error; ``sentence`` says where."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NothingToContinue(ChatError):
    """Only the last reply can be continued, and only where it broke off."""

    sentence = "There is nothing to continue in this reply."
    status = 409


class NoQuestion(ChatError):
    """Only a reply can be written again."""

    sentence = "Only a reply can be written again."


class TooManyReplies(ChatError):
    """The person has too many replies in progress; ``sentence`` says how many are allowed."""

    status = 429

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoMemory(ChatError):
    """Redis has no memory left for new replies."""

    status = 503

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ConversationGone(ChatError):
    """The conversation was deleted meanwhile."""

    sentence = "This conversation has been deleted."
    status = 404


class PresetNameTaken(ChatError):
    """The person has a preset of this name."""

    sentence = "You have a preset of this name. Choose another."
    status = 409


class TooManyPresets(ChatError):
    """The person has as many presets as are allowed."""

    def __init__(self, most: int) -> None:
        self.sentence = f"You have {most} presets, the most there can be. Delete one first."
        super().__init__(self.sentence)


class FolderNameTaken(ChatError):
    """The person has a folder of this name."""

    sentence = "You have a folder of this name. Choose another."
    status = 409


class TooManyFolders(ChatError):
    """The person has as many folders as are allowed."""

    def __init__(self, most: int) -> None:
        self.sentence = f"You have {most} folders, the most there can be. Delete one first."
        super().__init__(self.sentence)


class EmptyTitle(ChatError):
    """The title is empty or white space."""

    sentence = "A title needs at least one character."


class NotAText(ChatError):
    """A file is not text; ``sentence`` names it and says what it is."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileTooLarge(ChatError):
    """A file is too large, alone or with the others; ``sentence`` names it and the limit."""

    status = 413

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TooManyFiles(ChatError):
    """One question has too many files; ``sentence`` says how many are allowed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileGone(ChatError):
    """A file was sent or removed in another tab, or waited too long."""

    sentence = "An attached file is gone: it was sent or removed meanwhile. Attach it again."
    status = 409


class NothingToShare(ChatError):
    """There is no finished reply to share."""

    sentence = "There is no finished reply to share yet."
    status = 409


class NotImportable(ChatError):
    """A file is not an exported conversation; ``sentence`` says where it is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
