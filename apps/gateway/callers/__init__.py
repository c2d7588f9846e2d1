"""Callers of the API: detect that they leave, and cancel their generations."""
