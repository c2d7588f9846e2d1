"""Errors of the playground; each knows its sentence.

PlaygroundError
├── NothingServes  no enabled endpoint can do what is asked
├── NotOver        an output is still being written
├── TooMany        the person is at the limit of active generations
└── NothingToGoOn  there is no text to continue
"""


class PlaygroundError(Exception):
    """Base of all; ``sentence`` is shown to the person."""

    status = 409
    sentence = "This could not be done."

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)
        if sentence:
            self.sentence = sentence


class NothingServes(PlaygroundError):
    """No enabled endpoint can do what is asked."""

    sentence = "No model server that can do this is enabled any longer. Choose another model."


class NotOver(PlaygroundError):
    """An output is still being written."""

    sentence = "It is still being written. Stop it first, or wait."


class TooMany(PlaygroundError):
    """The person is at the limit of active generations."""

    status = 429


class NothingToGoOn(PlaygroundError):
    """There is no text to continue."""

    sentence = "There is no text to continue."
