"""``/v1/usage``."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.accounts.keys.scopes import require_scope
from apps.accounts.models import ApiKey, Scope
from apps.gateway.access import api_view, json_response
from apps.stores.threads import in_thread
from apps.usage.allowances import Standing, allowances_of
from apps.usage.counters import standings_of
from apps.usage.models import UsageDay
from apps.usage.selectors import first_day, period_from, usage_rows


@api_view("GET")
async def show_usage(request: HttpRequest, key: ApiKey) -> HttpResponse:
    """Show what the key's owner used on the latest days, and what remains of the owner's and the key's limits."""
    require_scope(key, Scope.USAGE, to="read usage")
    return json_response(await in_thread(_usage)(key, period_from(request.GET.get("days", ""))))


def _usage(key: ApiKey, days: int) -> dict[str, Any]:
    used = UsageDay.objects.visible_to(key.owner).filter(day__gte=first_day(days))
    standings = standings_of(allowances_of(key.owner, key), owner=key.owner, key=key)
    return {
        "object": "list",
        "from": f"{first_day(days):%Y-%m-%d}",
        "days": days,
        "data": list(usage_rows(used)),
        "limits": {standing.allowance.kind: _described(standing) for standing in standings},
    }


def _described(standing: Standing) -> dict[str, Any]:
    most = standing.allowance
    return {
        "generations_at_once": most.generations_at_once or None,
        "requests_per_minute": most.requests_per_minute or None,
        "requests_left": standing.requests_left if most.requests_per_minute else None,
        "tokens_per_day": most.tokens_per_day or None,
        "tokens_left": standing.tokens_left if most.tokens_per_day else None,
    }
