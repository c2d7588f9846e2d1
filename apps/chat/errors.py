"""What can go wrong in a chat.

ChatError
├── ReplyInProgress   a reply is being written in this conversation
├── EmptyMessage      there is nothing to send
├── InvalidInput      a form is not filled in as it must be
├── NothingToContinue the reply is complete, or not the last
├── NoQuestion        what should be answered again is not a reply
├── TooManyReplies    this person has as many replies going as are allowed
├── NoMemory          Redis has no memory left for new replies
├── ConversationGone  it was deleted meanwhile
├── PresetNameTaken   this person has a preset of that name
├── TooManyPresets    this person has as many presets as are allowed
├── EmptyTitle        a title needs a word
├── NotAText          a file that was to go with a question is none
├── FileTooLarge      it is a text, but too long
├── TooManyFiles      it would be one too many
├── FileGone          a file that was to be sent is no longer there
├── NothingToShare    there is no finished exchange to share
└── NotImportable     a file is not a conversation; says where
"""


class ChatError(Exception):
    """Base of all; ``sentence`` is what a person reads, ``status`` the HTTP status that goes with it."""

    sentence = "The message could not be sent."
    status = 422


class ReplyInProgress(ChatError):
    """One conversation has one reply at a time: its next question depends on it."""

    sentence = "A reply is still being written. Wait for it, or stop it first."
    status = 409


class EmptyMessage(ChatError):
    """Nothing but white space was sent."""

    sentence = "Write a message first."


class InvalidInput(ChatError):
    """A form was not filled in as it must be; ``sentence`` says where."""

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
    """In all conversations together; ``sentence`` says how many."""

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
    """It was deleted while somebody was about to write in it."""

    sentence = "This conversation has been deleted."
    status = 404


class PresetNameTaken(ChatError):
    """Two of one name could not be told apart in a list."""

    sentence = "You have a preset of this name. Choose another."
    status = 409


class TooManyPresets(ChatError):
    """A list that one chooses from has to end."""

    def __init__(self, most: int) -> None:
        self.sentence = f"You have {most} presets, the most there can be. Delete one first."
        super().__init__(self.sentence)


class EmptyTitle(ChatError):
    """Nothing but white space was given as a title."""

    sentence = "A title needs at least one character."


class NotAText(ChatError):
    """Only text can be told to a model; ``sentence`` names the file and says what it is."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileTooLarge(ChatError):
    """By itself, or together with those that are there; ``sentence`` names it and says how much is allowed."""

    status = 413

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TooManyFiles(ChatError):
    """With one question; ``sentence`` says how many are allowed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileGone(ChatError):
    """It was sent or removed in another tab, or has waited too long."""

    sentence = "An attached file is no longer there: it was sent or removed meanwhile. Attach it again."
    status = 409


class NothingToShare(ChatError):
    """A link needs something to show."""

    sentence = "There is no finished reply to share yet."
    status = 409


class NotImportable(ChatError):
    """What was given is not a conversation that this application wrote; ``sentence`` says where it is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
