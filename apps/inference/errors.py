"""The errors of a model server: one tree, each leaf with its sentence for a person.

::

    InferenceError
    ├── InvalidRequest            the request is wrong, and stays wrong
    │   ├── ContextTooLong        more tokens than the model's window holds
    │   ├── CannotContinue        the reply broke off, and its rest would not keep its format
    │   └── NotServed             no such address or model on this server
    ├── AddressRefused            the server's name leads to an address that is not allowed
    ├── AuthenticationFailed      the endpoint's token is missing, wrong or unusable
    ├── Overloaded                the server takes no more work at the moment, or is still loading
    ├── Unreachable               no connection, or a proxy that has none
    │   └── ConnectTimedOut       no connection within ``Timeouts.connect``
    ├── FirstTokenTimedOut        connected, but no text within ``Timeouts.first_token``
    ├── TotalTimedOut             still streaming after ``Timeouts.total``
    ├── Interrupted               the stream ended before the reply did
    │   └── Stalled               not a byte for ``Timeouts.between_tokens``
    ├── ServerError               the server says that it failed
    └── ProtocolError             bytes that no model server should send
"""

import re
from typing import ClassVar

LONGEST_DETAIL = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SECRETS = re.compile(r"(?i)(bearer\s+|\b(?:hf|sk)[-_])[\w.~+/=-]+")


class InferenceError(Exception):
    """The server gave no reply, or only a part of it.

    ``sentence`` is for the person and never holds text from the server. ``may_retry``: the same request may succeed
    when it is sent to the same server again; ``retry_after`` is the number of seconds that the server asks to wait.
    ``detail`` is for logs: one short line, without tokens.
    """

    sentence: str = "The model server could not answer."
    may_retry: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, sentence: str = "") -> None:
        self.retry_after: float | None = None
        self.detail = clean_detail(detail)
        if sentence:
            self.sentence = sentence
        super().__init__(self.detail)

    def __str__(self) -> str:
        return self.sentence


class InvalidRequest(InferenceError):
    """The server, or our check before sending, refuses the request."""

    sentence = "The model server does not accept this request. Change its text or its settings."


class ContextTooLong(InvalidRequest):
    """The prompt and the requested reply do not fit into the model's context window."""

    sentence = "The conversation is too long for this model. Shorten the question, or start a new conversation."


class CannotContinue(InvalidRequest):
    """The reply broke off. Servers hold a reply to its format from its beginning only, so the rest cannot be had."""

    sentence = "The reply broke off, and the rest would not keep to its format. Ask again."


class NotServed(InvalidRequest):
    """The server has no such path or no such model; an admin has to correct the endpoint."""

    sentence = "The model server does not offer what was asked for."


class AddressRefused(InferenceError):
    """``open_session(is_allowed)`` refuses to connect to this address."""

    sentence = "The address of the model server is not allowed. An admin can allow its network."


class AuthenticationFailed(InferenceError):
    """The server refuses the endpoint's token."""

    sentence = "The model server does not accept the token it was given. An admin can store another."


class Overloaded(InferenceError):
    """The server takes no more work at the moment; retrying later helps."""

    sentence = "The model server is busy."
    may_retry = True


class Unreachable(InferenceError):
    """There is no connection to the server."""

    sentence = "The model server cannot be reached."
    may_retry = True


class ConnectTimedOut(Unreachable):
    """No connection was made within ``Timeouts.connect``."""

    sentence = "The model server did not accept a connection in time. Check its address, and firewalls on the way."


class FirstTokenTimedOut(InferenceError):
    """The server accepted the request and sent no text within ``Timeouts.first_token``."""

    sentence = "The model server timed out before it began its reply."
    may_retry = True


class TotalTimedOut(InferenceError):
    """The reply was still arriving after ``Timeouts.total``."""

    sentence = "The reply took longer than allowed. Ask for a shorter one."


class Interrupted(InferenceError):
    """The stream ended, or was cut, before the reply was whole."""

    sentence = "The connection to the model server was lost during the reply."
    may_retry = True


class Stalled(Interrupted):
    """The server sent nothing for ``Timeouts.between_tokens`` in the middle of a reply."""

    sentence = "The model server fell silent during the reply."


class ServerError(InferenceError):
    """The server reports a failure of its own."""

    sentence = "The model server failed while working on the reply."
    may_retry = True


class ProtocolError(InferenceError):
    """The answer is not what a model server sends: another program, a broken proxy, or garbage."""

    sentence = "The answer is not a model server's: a web server or a proxy may be at its address."


def clean_detail(text: str) -> str:
    """Return ``text`` as one short line fit for a log: no control characters, nothing that looks like a token."""
    line = _CONTROL.sub(" ", text[: 4 * LONGEST_DETAIL])
    return _SECRETS.sub(r"\1…", line).strip()[:LONGEST_DETAIL]
