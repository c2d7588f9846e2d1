"""People."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who may sign in, by one-time link or, where one was set, by password."""
