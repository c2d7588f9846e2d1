"""Whether anything can serve a variant at the moment, by what is known: no server is asked."""

from collections import defaultdict
from collections.abc import Collection

from apps.endpoints.models import Endpoint, Health


def variants_down(*, needs: Collection[str] = ()) -> set[str]:
    """The variants whose enabled servers are all down. They may come back, so it makes sense to wait for them.

    A variant that no enabled server of these capabilities serves is not among them: there is nothing to wait for.
    """
    healths: dict[str, set[str]] = defaultdict(set)
    for endpoint in Endpoint.objects.enabled():
        if endpoint.capabilities.issuperset(needs):
            healths[endpoint.variant].add(endpoint.health)
    return {variant for variant, seen in healths.items() if seen == {Health.DOWN}}
