"""Store reports of errors."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.guide.errors import TooManyReports
from apps.guide.models import ErrorReport

# Reports from all anonymous readers together; more than this is treated as an attack.
MOST_AN_HOUR = 30


def report_error(*, page: str, text: str, contact: str = "", by: User | None = None) -> ErrorReport:
    """Store a reader's report for the admins. Raises ``TooManyReports`` at the limit for anonymous readers."""
    lately = ErrorReport.objects.filter(made_by=None, made_at__gte=timezone.now() - timedelta(hours=1))
    if by is None and lately.count() >= MOST_AN_HOUR:
        raise TooManyReports
    return ErrorReport.objects.create(page=page, text=text, contact=contact, made_by=by)
