"""The open block of a reply: the end of its text, which is still being written."""
