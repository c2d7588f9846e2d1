"""Tests that drive Chromium against a real server. All of them are async and share one browser."""
