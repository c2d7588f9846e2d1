"""The errors of the one-command stack.

EmbeddedError
└── StartError      the stack cannot start; the text is a sentence for the person at the console
"""


class EmbeddedError(Exception):
    """Root of this app's errors."""


class StartError(EmbeddedError):
    """The stack cannot start."""
