"""The console: staff pages about endpoints."""
