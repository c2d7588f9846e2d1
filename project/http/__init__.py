"""Between the server and the views: limits, threads, zones, failures, static files."""
