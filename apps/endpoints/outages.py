"""Whether anything can do a task at the moment, by what is known: no server is asked."""

from collections import defaultdict

from apps.endpoints.models import Endpoint, Health

type Job = tuple[str, str]


def jobs_down() -> set[Job]:
    """The variants and tasks whose enabled servers are all down. They may come back, so it makes sense to wait.

    What no enabled server does is not among them: there is nothing to wait for.
    """
    healths: dict[Job, set[str]] = defaultdict(set)
    for endpoint in Endpoint.objects.enabled():
        for capability in endpoint.capabilities:
            healths[endpoint.variant, capability].add(endpoint.health)
    return {job for job, seen in healths.items() if seen == {Health.DOWN}}
