"""The console: pages about endpoints, for staff."""
