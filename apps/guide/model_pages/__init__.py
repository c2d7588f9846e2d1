"""The list of the models, each model's page, and its measurements here."""
