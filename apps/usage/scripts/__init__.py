"""Lua scripts that run in Redis."""
