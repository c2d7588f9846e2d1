"""Fixtures of the inference tests."""

import hypothesis

from tests.support.scripted_server import counting_server, scripted_server

__all__ = ["counting_server", "scripted_server"]

# The time of an example depends on the machine, not on the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
