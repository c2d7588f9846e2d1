"""The credit of an open block, which keeps the work of rendering its lists and tables again linear."""

EARNED = 16  # characters that may be rendered again for each that is written
TO_BEGIN_WITH = 8_000


class Credit:
    """Characters that may be rendered again."""

    def __init__(self) -> None:
        self.characters = TO_BEGIN_WITH

    def earn(self, written: int) -> None:
        """Add the credit that ``written`` characters earn."""
        self.characters += EARNED * written

    def pay(self, rendered: int) -> bool:
        """Pay for rendering ``rendered`` characters again; return ``False`` if the credit is too small."""
        if self.characters < rendered:
            return False
        self.characters -= rendered
        return True
