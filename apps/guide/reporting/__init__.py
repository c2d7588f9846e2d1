"""Errors that readers report: a form that every page links to, and a list of them in the admin."""
