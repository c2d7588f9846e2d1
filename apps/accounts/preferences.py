"""Preferences that people set for themselves."""

from apps.accounts.models import User


def set_model_titles(*, person: User, on: bool) -> None:
    """Set whether the model titles the person's new conversations."""
    User.objects.filter(pk=person.pk).update(model_titles=on)
