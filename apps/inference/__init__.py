"""How to speak to a model server. Plain Python: no Django, no database, no Redis."""
