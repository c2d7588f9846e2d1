"""Export all of a person's data as one archive. Each app adds its part."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from apps.accounts.models import ApiKey, User

# Yields the name and the content of each file of a person.
type Part = Callable[[User], Iterator[tuple[str, bytes]]]

_parts: list[Part] = []


def export_with(part: Part) -> None:
    """Add an app's part to every export; the app calls this when it is loaded."""
    if part not in _parts:
        _parts.append(part)


def export_account(person: User) -> bytes:
    """Return a ZIP file. Only the compressed whole and one conversation are in memory at a time."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as folder:
        for part in (_account, *_parts):
            for name, content in part(person):
                folder.writestr(name, content)
    return archive.getvalue()


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode()


def _account(person: User) -> Iterator[tuple[str, bytes]]:
    names = ("username", "first_name", "last_name", "email")
    fields = (*names, "is_staff", "is_superuser", "date_joined", "last_login", "model_titles")
    keys = ApiKey.objects.visible_to(person).newest_first()
    of_keys = keys.values("name", "prefix", "created_at", "expires_at", "revoked_at", "last_used_at")
    yield (
        "account.json",
        as_json({**{field: getattr(person, field) for field in fields}, "api_keys": list(of_keys)}),
    )
