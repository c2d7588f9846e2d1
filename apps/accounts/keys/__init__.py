"""API keys: make and revoke them, check what they may be used for, show examples."""
