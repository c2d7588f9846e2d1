"""What can go wrong in a chat.

ChatError
├── ReplyInProgress   a reply is being written in this conversation
├── EmptyMessage      there is nothing to send
├── NothingToContinue the reply is complete, or not the last
├── NoQuestion        what should be answered again is not a reply
└── TooManyReplies    this person has as many replies going as are allowed
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
