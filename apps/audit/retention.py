"""Remove old entries of the audit log."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.stores.batches import delete_in_batches


def remove_old_entries() -> int:
    """Remove entries older than ``RETAIN_AUDIT_DAYS``, and return how many; 0 days keep them for ever."""
    if not settings.RETAIN_AUDIT_DAYS:
        return 0
    oldest = timezone.now() - timedelta(days=settings.RETAIN_AUDIT_DAYS)
    return delete_in_batches(AuditEntry.objects.filter(at__lt=oldest))
