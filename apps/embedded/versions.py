"""The oldest PostgreSQL that the workbench supports. Imports no embedded packages, which may not be installed."""

OLDEST_VERSION = 18  # the first with uuidv7()


def too_old(server_version: int) -> str:
    """Return a sentence if the server is too old, else ""; ``server_version`` is libpq's number, such as 160014."""
    major, minor = divmod(server_version, 10_000)
    return f"PostgreSQL {OLDEST_VERSION} or later is needed; this is {major}.{minor}." if major < OLDEST_VERSION else ""
