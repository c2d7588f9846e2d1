"""The credit of an open block, by which all renderings of its lists and tables together stay linear."""

EARNED = 16  # characters that may be rendered again for each that is written
TO_BEGIN_WITH = 8_000


class Credit:
    """Characters that may be rendered again."""

    def __init__(self) -> None:
        self.characters = TO_BEGIN_WITH

    def earn(self, written: int) -> None:
        """Add what so many written characters earn."""
        self.characters += EARNED * written

    def pay(self, rendered: int) -> bool:
        """Pay for so many characters, which may be rendered again then; return ``False`` if there is too little."""
        if self.characters < rendered:
            return False
        self.characters -= rendered
        return True
