"""Speak to model servers. Plain Python: no Django, no database, no Redis."""
