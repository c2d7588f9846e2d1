"""A person's sessions: list them and end them."""

from allauth.usersessions.models import UserSession

from apps.accounts.models import User

# Words in the User-Agent header, and the browser's name. The first match counts: most browsers name several.
BROWSERS = [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
]


def browser_name(user_agent: str) -> str:
    """Return the browser and its system in words, or the beginning of the header if neither is known."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(filter(None, [browser, system])) or user_agent[:60] or "Unknown browser"


def sessions_of(user: User) -> list[UserSession]:
    """Return the sessions that are still signed in, the latest first."""
    living: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(living, key=lambda session: session.created_at, reverse=True)


def end_session(session: UserSession) -> None:
    """End the session: the browser is signed out with its next request."""
    session.end()


def end_sessions(*, user: User, but: str = "") -> int:
    """End the person's sessions, except for the one with the key ``but``. Return how many ended."""
    others = UserSession.objects.filter(user=user).exclude(session_key=but)
    for session in others:
        session.end()
    return len(others)
