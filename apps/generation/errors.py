"""What can go wrong with a generation.

GenerationError
├── LogUnavailable   the event log may not be written by this attempt
└── GenerationOver   it has ended already
"""


class GenerationError(Exception):
    """Base of all; ``sentence`` is what a person reads."""

    sentence = "The generation could not go on."

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)
        if sentence:
            self.sentence = sentence


class LogUnavailable(GenerationError):
    """The event log was ended, or taken over by a newer attempt."""

    sentence = "Another worker took this generation over."


class GenerationOver(GenerationError):
    """The generation has ended, so it cannot be changed."""

    sentence = "This generation has already ended."
