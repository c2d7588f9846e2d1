"""Lua scripts; Redis runs each as one atomic step."""
