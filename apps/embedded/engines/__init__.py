"""The embedded servers: PostgreSQL, Valkey and the local model server."""
