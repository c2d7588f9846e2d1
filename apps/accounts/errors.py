"""The errors of accounts and sign-in.

AccountError
├── InvalidUsername
├── UsernameTaken
├── UserNotFound
├── UserInactive
├── TooManyKeys
├── KeyNotAllowed
├── LastAdmin
├── InvitationInvalid
└── TooManyAttempts
"""


class AccountError(Exception):
    """Base of the tree; ``sentence`` is shown to the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidUsername(AccountError):
    def __init__(self) -> None:
        super().__init__("A user name is 1 to 150 letters, digits and @ . + - _ only.")


class UsernameTaken(AccountError):
    def __init__(self) -> None:
        super().__init__("A user with that username already exists.")


class UserNotFound(AccountError):
    def __init__(self, username: str) -> None:
        super().__init__(f"There is no user named {username!r}: create_user makes one.")


class UserInactive(AccountError):
    def __init__(self, username: str) -> None:
        super().__init__(f"The user {username!r} is not active and cannot sign in.")


class TooManyKeys(AccountError):
    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} active keys, the most at once. Revoke a key that nobody uses.")


class KeyNotAllowed(AccountError):
    """The API key is limited to other kinds of use."""


class LastAdmin(AccountError):
    def __init__(self) -> None:
        super().__init__("This is the only admin. Make somebody else an admin first.")


class InvitationInvalid(AccountError):
    def __init__(self) -> None:
        super().__init__("This invitation was used, withdrawn, or is too old.")


class TooManyAttempts(AccountError):
    """Too many password attempts; ``seconds`` until the next one is allowed."""

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // 60))
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(f"Too many wrong passwords. Wait {wait}, or ask an admin for a one-time link.")
        self.seconds = seconds
