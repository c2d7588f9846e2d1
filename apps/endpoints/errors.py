"""What can go wrong with endpoints.

EndpointError
├── InvalidEndpoint        the input is wrong
│   └── AddressRefused     its URL is not one we call
├── EndpointNotFound       no endpoint has that name
├── NoEndpointAvailable    nothing serves the variant that was asked for
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
    def __init__(self, variant: str) -> None:
        super().__init__(
            f"No enabled endpoint serves the {variant} variant: an admin can add or enable one under Endpoints."
        )


class TokenUnreadable(EndpointError):
    def __init__(self) -> None:
        super().__init__(
            "The endpoint's token was encrypted with another SECRET_KEY: "
            "name the old key in SECRET_KEY_FALLBACKS or store the token again."
        )
