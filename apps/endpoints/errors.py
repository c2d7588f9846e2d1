"""The errors of endpoints.

EndpointError
├── InvalidEndpoint        the input is wrong
│   ├── AddressRefused     its URL may not be called
│   ├── GroupNotFound      no group has that name
│   └── NameTaken          another endpoint has that name
├── EndpointNotFound       no endpoint has that name
├── NoEndpointAvailable    nothing serves the variant that was asked for
│   └── NoEndpointAllowed  the endpoints that serve it are for other groups
├── AllEndpointsBusy       every slot is taken
└── TokenUnreadable        the token was encrypted with a key we no longer have
"""


class EndpointError(Exception):
    """Base of the tree. ``sentence`` says what happened and what to do, and holds no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidEndpoint(EndpointError):
    """The input is not a valid endpoint."""


class AddressRefused(InvalidEndpoint):
    """The URL is malformed, or points where no model server may be."""


class GroupNotFound(InvalidEndpoint):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no group named {name!r}. Add it at /admin/auth/group/ first.")


class NameTaken(InvalidEndpoint):
    def __init__(self) -> None:
        super().__init__("Endpoint with this Name already exists.")


class EndpointNotFound(EndpointError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no endpoint named {name!r}.")


class NoEndpointAvailable(EndpointError):
    """No endpoint can take the request.

    ``retry_after`` is the number of seconds until a server that is down gets its half-open probe; ``None`` if waiting
    does not help.
    """

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class NoEndpointAllowed(NoEndpointAvailable):
    """The person's groups may use no endpoint that could take the request."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Your groups may not use {what}. Ask an admin.")


class AllEndpointsBusy(EndpointError):
    """Every slot is taken, or the server asked to be left alone; wait in the queue and try again.

    ``retry_after`` is the number of seconds until a server may be asked again; ``None`` if only slots are missing.
    """

    def __init__(self, variant: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"Every slot for the {variant} variant is taken. The request waits in the queue.")
        self.retry_after = retry_after


class TokenUnreadable(EndpointError):
    def __init__(self) -> None:
        super().__init__(
            "The endpoint's token was encrypted with another SECRET_KEY: "
            "name the old key in SECRET_KEY_FALLBACKS or store the token again."
        )
