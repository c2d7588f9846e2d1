"""Usage: a person's own, and everybody's for staff."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.requests import WorkbenchRequest
from apps.usage.allowances import allowances_of
from apps.usage.chart import draw_days
from apps.usage.counters import standings_of
from apps.usage.downloads import as_csv
from apps.usage.models import UsageDay, UsageDayQuerySet
from apps.usage.selectors import (
    PERIODS,
    first_day,
    period_from,
    usage_rows,
    used_by_day,
    used_by_endpoint,
    used_by_key,
    used_by_person,
)


@never_cache
@require_safe
def own(request: WorkbenchRequest) -> HttpResponse:
    """Show what remains of the person's limits, and their use by day, key and endpoint."""
    days = period_from(request.GET.get("days", ""))
    used = UsageDay.objects.visible_to(request.user).filter(day__gte=first_day(days))
    allowances = allowances_of(request.user, None)
    context = {
        "allowance": allowances[0],
        "standing": next(iter(standings_of(allowances, owner=request.user, key=None)), None),
        **_shown(used, days),
    }
    return render(request, "usage/own.html", context)


@never_cache
@require_safe
def everybody(request: WorkbenchRequest) -> HttpResponse:
    """Show everybody's use by day, person, key and endpoint. 404 for people who are not staff."""
    used, days = _of_everybody(request)
    return render(request, "usage/everybody.html", {"people": used_by_person(used), **_shown(used, days)})


@never_cache
@require_safe
def everybody_csv(request: WorkbenchRequest) -> HttpResponse:
    """Send everybody's use to a spreadsheet."""
    used, _ = _of_everybody(request)
    headers = {"Content-Disposition": 'attachment; filename="usage.csv"'}
    return HttpResponse(as_csv(usage_rows(used)), content_type="text/csv; charset=utf-8", headers=headers)


@never_cache
@require_safe
def everybody_json(request: WorkbenchRequest) -> HttpResponse:
    """Send everybody's use to a program."""
    used, days = _of_everybody(request)
    return JsonResponse({"from": f"{first_day(days):%Y-%m-%d}", "days": days, "data": list(usage_rows(used))})


def _of_everybody(request: WorkbenchRequest) -> tuple[UsageDayQuerySet, int]:
    if not request.user.is_staff:
        raise Http404
    days = period_from(request.GET.get("days", ""))
    return UsageDay.objects.filter(day__gte=first_day(days)), days


def _shown(used: UsageDayQuerySet, days: int) -> dict[str, Any]:
    by_day = used_by_day(used, days=days)
    return {
        "days": days,
        "periods": PERIODS,
        "chart": draw_days(by_day),
        "used_days": [day for day in reversed(by_day) if day.generations or day.tokens],
        "keys": used_by_key(used),
        "endpoints": used_by_endpoint(used),
    }
