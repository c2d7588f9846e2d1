"""Signals for the apps above generation."""

from django.dispatch import Signal

# Sent with ``generation_id`` once Postgres has the end of a generation, in the process that stored it, and with
# ``is_for_api`` if it is known to belong to an API key.
generation_ended = Signal()
