"""Read the endpoints that people may not use. The worker chooses endpoints for many people at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from apps.accounts.models import User
from apps.endpoints.models import Endpoint

NOBODY: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Barred:
    """The endpoints that each person may not use, without people who may use all endpoints."""

    by_person: Mapping[int, frozenset[UUID]] = field(default_factory=dict)

    def to(self, person_id: int) -> frozenset[UUID]:
        return self.by_person.get(person_id, NOBODY)

    @property
    def alike(self) -> Mapping[frozenset[UUID], Collection[int]]:
        """Group the people by the set of endpoints that they may not use."""
        people: dict[frozenset[UUID], list[int]] = defaultdict(list)
        for person_id, endpoints in self.by_person.items():
            people[endpoints].append(person_id)
        return people


def read_barred(endpoints: Iterable[Endpoint], people: Collection[int]) -> Barred:
    """Return which of ``endpoints`` these people may not use. If no endpoint names a group, there is no query.

    Read ``endpoints`` by ``with_groups``.
    """
    groups_of = {endpoint.pk: frozenset(endpoint.group_ids) for endpoint in endpoints if endpoint.group_ids}
    if not groups_of or not people:
        return Barred()
    own = User.groups.through.objects.filter(user=OuterRef("pk")).values("group")
    found = User.objects.filter(pk__in=people, is_superuser=False).annotate(own=ArraySubquery(own))
    barred = {
        person_id: frozenset(pk for pk, groups in groups_of.items() if groups.isdisjoint(own_groups))
        for person_id, own_groups in found.values_list("pk", "own")
    }
    return Barred({person_id: endpoint_ids for person_id, endpoint_ids in barred.items() if endpoint_ids})
