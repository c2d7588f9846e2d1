"""The list of the models, the page of each, and how it did here."""
