"""A prompt as it is sent to a model, and how to read the text that comes back."""

from dataclasses import dataclass

from apps.inference.prompts.newlines import LF, Newline
from apps.inference.prompts.reply import ReplyText

BOS = "<s>"
EOS = "</s>"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prompt: text, which the reference tokenizes by itself, or one special token as it is typed."""

    text: str
    is_special: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt; its pieces, joined, are its exact text.

    ``stop`` are the strings to send along as stop sequences. ``ends_with`` are the special tokens by which the model
    ends its text; they are in ``stop`` too where servers do not know them by themselves. ``drops_leading_space``: the
    first token brings a space that is no part of the reply. ``newline`` is the line end of the document.
    """

    pieces: tuple[Piece, ...]
    stop: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = (EOS,)
    drops_leading_space: bool = False
    newline: Newline = LF

    @property
    def text(self) -> str:
        """The prompt for servers that put the first token, BOS, in front by themselves: nearly all do."""
        return "".join(piece.text for piece in self.pieces[1:])

    @property
    def text_with_bos(self) -> str:
        """The whole prompt, for servers that add no BOS."""
        return "".join(piece.text for piece in self.pieces)

    def reply_text(self) -> ReplyText:
        """Return a reader that turns the model's text, as it arrives, into the reply."""
        return ReplyText(
            stop=self.stop,
            ends_with=self.ends_with,
            drops_leading_space=self.drops_leading_space,
            newline=self.newline,
        )

    def clean(self, generated: str) -> str:
        """Return the reply that is in ``generated``, the whole text that the model wrote."""
        reply = self.reply_text()
        return reply.feed(generated) + reply.close()


def text(content: str) -> Piece:
    return Piece(content)


def special(token: str) -> Piece:
    return Piece(token, is_special=True)
