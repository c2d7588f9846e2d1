"""Supervise the stack's programs: restart those that die, run each once, and leave none behind."""
