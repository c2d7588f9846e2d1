"""The errors of the one-command stack.

EmbeddedError
├── StartError           the stack cannot start; the text is a sentence for the person at the console
└── SeveralCopiesError   a command may mean several running stacks
"""


class EmbeddedError(Exception):
    """Root of this app's errors."""


class StartError(EmbeddedError):
    """The stack cannot start."""


class SeveralCopiesError(EmbeddedError):
    """A command may mean several running stacks; ``copies`` are the settings that name each."""

    def __init__(self, copies: list[str]) -> None:
        super().__init__(f"Several copies run. Set DATA_DIR to name one: {'; '.join(copies)}.")
