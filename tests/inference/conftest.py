"""Fixtures of the inference tests."""

from tests.support.scripted_server import counting_server, scripted_server

__all__ = ["counting_server", "scripted_server"]
