"""Values that were tampered with."""


def forged(value: str) -> str:
    """Return the value with a different last character."""
    return value[:-1] + ("y" if value.endswith("x") else "x")
