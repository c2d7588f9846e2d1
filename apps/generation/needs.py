"""What a generation asks of the server that writes it."""

NEEDS = ("chat",)
