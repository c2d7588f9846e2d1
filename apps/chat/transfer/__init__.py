"""Export conversations to files, and import them."""
