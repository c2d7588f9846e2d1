"""Remove old generations that were made through the API."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.generation.models import OVER, Generation
from apps.stores.batches import delete_in_batches


def remove_old_generations() -> int:
    """Remove generations that ended over ``RETAIN_API_DAYS`` days ago; return how many. 0 keeps them for ever.

    Generations of chats and of the playground go with their conversation or run.
    """
    if not settings.RETAIN_API_DAYS:
        return 0
    oldest = timezone.now() - timedelta(days=settings.RETAIN_API_DAYS)
    old = Generation.objects.filter(state__in=OVER, ended_at__lt=oldest)
    return delete_in_batches(old.filter(message__isnull=True, playground_output__isnull=True))
