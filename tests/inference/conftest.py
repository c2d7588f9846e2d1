"""Fixtures of the inference tests."""

import hypothesis

from tests.support.scripted_server import counting_server, scripted_server

__all__ = ["counting_server", "scripted_server"]

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
