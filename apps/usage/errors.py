"""The errors of limits.

UsageError
└── LimitReached    too many requests this minute, or tokens today
"""


class UsageError(Exception):
    """Base of the tree; ``sentence`` is shown to the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LimitReached(UsageError):
    """A limit is reached; requests are accepted again in ``seconds``."""

    def __init__(self, sentence: str, *, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds
