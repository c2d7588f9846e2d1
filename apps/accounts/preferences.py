"""Preferences that people set for themselves."""

from apps.accounts.models import User


def set_model_titles(*, person: User, on: bool) -> None:
    """Let the model title the person's new conversations, or not."""
    User.objects.filter(pk=person.pk).update(model_titles=on)
