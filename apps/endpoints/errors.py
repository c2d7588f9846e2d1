"""What can go wrong with endpoints.

EndpointError
├── InvalidEndpoint        the input is wrong
│   └── AddressRefused     its URL is not one we call
├── EndpointNotFound       no endpoint has that name
├── NoEndpointAvailable    nothing serves the variant that was asked for
├── AllEndpointsBusy       every place is taken at the moment
└── TokenUnreadable        the token was encrypted with a key we no longer have
"""


class EndpointError(Exception):
    """``sentence`` is written for the person who meets it, says what to do, and holds no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidEndpoint(EndpointError):
    """What was given cannot be stored as an endpoint."""


class AddressRefused(InvalidEndpoint):
    """The URL is malformed, or points where no model server may be."""


class EndpointNotFound(EndpointError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no endpoint named {name!r}.")


class NoEndpointAvailable(EndpointError):
    """``retry_after``: seconds until one that is down is tried again; ``None`` where waiting does not help."""

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class AllEndpointsBusy(EndpointError):
    """Wait in the queue and ask again."""

    def __init__(self, variant: str) -> None:
        super().__init__(f"Every place for the {variant} variant is taken at the moment.")


class TokenUnreadable(EndpointError):
    def __init__(self) -> None:
        super().__init__(
            "The endpoint's token was encrypted with another SECRET_KEY: "
            "name the old key in SECRET_KEY_FALLBACKS or store the token again."
        )
