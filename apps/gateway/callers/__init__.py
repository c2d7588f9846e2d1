"""Callers of the API: whether they are there still, and what happens when they leave."""
