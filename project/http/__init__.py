"""The layers between the server and the views: limits, threads, time zones, failures, static files."""
