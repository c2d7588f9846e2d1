"""Structured logs of requests and tasks."""
