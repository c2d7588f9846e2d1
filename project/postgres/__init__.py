"""The connections to Postgres."""
