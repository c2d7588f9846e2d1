"""Store reports of errors."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.guide.errors import TooManyReports
from apps.guide.models import ErrorReport

# From all people who are not signed in together: more than that is an attack.
MOST_AN_HOUR = 30


def report_error(*, page: str, text: str, contact: str = "", by: User | None = None) -> ErrorReport:
    """Keep a report for the administrators; raises ``TooManyReports``."""
    lately = ErrorReport.objects.filter(made_by=None, made_at__gte=timezone.now() - timedelta(hours=1))
    if by is None and lately.count() >= MOST_AN_HOUR:
        raise TooManyReports
    return ErrorReport.objects.create(page=page, text=text, contact=contact, made_by=by)
