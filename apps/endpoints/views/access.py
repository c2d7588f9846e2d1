"""Access to the console: the same as to the pages about people."""

from apps.accounts.access import staff_only

__all__ = ["staff_only"]
