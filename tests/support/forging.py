"""Values that were tampered with."""


def forged(value: str) -> str:
    """Return the value with another last character, whatever it ends in."""
    return value[:-1] + ("y" if value.endswith("x") else "x")
