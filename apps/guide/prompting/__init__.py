"""Prompts as the guide shows them: rendered by the code that sends them, with every space visible."""
