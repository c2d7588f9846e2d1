"""A person's sessions: list them and end them."""

from allauth.usersessions.models import UserSession

from apps.accounts.models import User


def sessions_of(user: User) -> list[UserSession]:
    """Return the sessions that are still signed in, the latest first."""
    living: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(living, key=lambda session: session.created_at, reverse=True)


def end_session(session: UserSession) -> None:
    """Sign the session's browser out with its next request."""
    session.end()


def end_sessions(*, user: User, but: str = "") -> int:
    """End the person's sessions, except for the one with the key ``but``. Return how many ended."""
    others = UserSession.objects.filter(user=user).exclude(session_key=but)
    for session in others:
        session.end()
    return len(others)
