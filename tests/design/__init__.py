"""Promises of the style sheets that no browser is needed to check."""
