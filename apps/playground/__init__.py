"""Completion, fill-in-the-middle and side-by-side runs in the browser."""
