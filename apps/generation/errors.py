"""The errors of a generation.

GenerationError
├── LogUnavailable      this attempt may not write the event log
├── GenerationOver      the generation has ended already
├── GenerationComplete  the generation cannot be continued
├── TooManyAtOnce       the person is at the limit of active generations
├── StoreFull           Redis has no memory left
└── TooManyConnections  the person is at the limit of live connections
"""


class GenerationError(Exception):
    """Base of all; ``sentence`` is shown to the person."""

    sentence = "The generation could not go on."

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)
        if sentence:
            self.sentence = sentence


class LogUnavailable(GenerationError):
    """The event log was ended, or taken over by a newer attempt."""

    sentence = "Another worker took this generation over."


class GenerationOver(GenerationError):
    """The generation has ended and cannot be changed."""

    sentence = "This generation has already ended."


class GenerationComplete(GenerationError):
    """The generation runs, is complete, or has no text to continue."""

    sentence = "There is nothing to continue in this reply."


class TooManyAtOnce(GenerationError):
    """The owner or the API key is at the limit of waiting and running generations."""

    def __init__(self, most: int, *, whose: str = "You have") -> None:
        replies = "1 reply" if most == 1 else f"{most} replies"
        super().__init__(f"{whose} {replies} waiting or being written, the most at once. Wait, or stop a reply first.")


class TooManyConnections(GenerationError):
    """The person has ``STREAMS_PER_PERSON`` live connections open."""

    def __init__(self, most: int) -> None:
        pages = "1 live page or stream" if most == 1 else f"{most} live pages and streams"
        super().__init__(f"You have {pages} open, the most at once. Close a page that you do not need.")


class StoreFull(GenerationError):
    """Redis refuses to write because its memory is used up."""

    sentence = "The server has no memory left for new replies. Try again in a few minutes, or tell an admin."
