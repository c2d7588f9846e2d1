"""Lua that Redis runs: each script is one atomic step."""
