"""What can go wrong with people.

AccountError
├── InvalidUsername
├── UserNotFound
└── UserInactive
"""


class AccountError(Exception):
    """``sentence`` is written for the person who meets it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidUsername(AccountError):
    def __init__(self) -> None:
        super().__init__("A user name is 1 to 150 letters, digits and @ . + - _ only.")


class UserNotFound(AccountError):
    def __init__(self, username: str) -> None:
        super().__init__(f"There is no user named {username!r}: create_user makes one.")


class UserInactive(AccountError):
    def __init__(self, username: str) -> None:
        super().__init__(f"The user {username!r} is not active and cannot sign in.")
