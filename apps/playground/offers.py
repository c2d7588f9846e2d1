"""Models that can do a task now, and models that could if an endpoint served them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint, Health, Variant
from apps.endpoints.stand_ins import stand_ins_for_base
from apps.generation.models import Task
from apps.inference.catalogue import all_models
from apps.playground.errors import NothingServes

# For completion and filling in, Base first: Instruct was tuned for chats.
PREFERENCE = (Variant.BASE, Variant.PYTHON, Variant.INSTRUCT)
ANY = "any"


@dataclass(frozen=True, slots=True)
class Offer:
    """One choice of a form: a variant on any of its endpoints, or (``endpoint``) on one of them.

    ``stands_in``: the endpoint completes in place of Base.
    """

    variant: str
    endpoint: Endpoint | None = None
    stands_in: bool = False

    @property
    def value(self) -> str:
        return f"{ANY}:{self.variant}" if self.endpoint is None else f"endpoint:{self.endpoint.pk}"

    @property
    def label(self) -> str:
        if self.endpoint is None:
            return f"{Variant(self.variant).label}, any server"
        down = ", down" if self.endpoint.health == Health.DOWN else ""
        kind = "In place of Base" if self.stands_in else f"{Variant(self.variant).label} {self.endpoint.size}".strip()
        return f"{kind} · {self.endpoint.title}{down}"

    def is_for(self, variant: str) -> bool:
        """Return whether this choice is ``variant`` or stands in for ``variant``."""
        return variant == (Variant.BASE if self.stands_in else self.variant)

    @property
    def wanted(self) -> Wanted | None:
        return Wanted(self.endpoint.name, self.endpoint.pk) if self.endpoint else None


@dataclass(frozen=True, slots=True)
class Able:
    """A Code Llama model that can do a task, with its guide page and the disagreement of its sources."""

    name: str
    variant: str
    size: str
    note: str

    @property
    def address(self) -> str:
        return reverse("guide:model", args=[f"{self.size.lower()}-{self.variant}"])


def able_endpoints(task: Task, person_id: int) -> list[Endpoint]:
    """Return the enabled endpoints that can do ``task`` and that the person may use, the best first."""
    able = [e for e in Endpoint.objects.enabled().usable_by(person_id).preferred_first() if task in e.capabilities]
    return sorted(able, key=lambda endpoint: PREFERENCE.index(Variant(endpoint.variant)))


def offers_for(task: Task, person_id: int) -> list[Offer]:
    """Return the person's choices for ``task``: each variant, and where it has several endpoints, each of these."""
    able = able_endpoints(task, person_id)
    standing_in = stand_ins_for_base(able) if task == Task.COMPLETE else []
    offers: list[Offer] = []
    for variant in PREFERENCE:
        endpoints = [endpoint for endpoint in able if endpoint.variant == variant]
        if len(endpoints) > 1:
            offers.append(Offer(variant))
        offers += [Offer(variant, endpoint, endpoint in standing_in) for endpoint in endpoints]
    return offers


def unable_endpoints(task: Task, person_id: int) -> list[Endpoint]:
    """Return the enabled endpoints that the person may use and that cannot do ``task``."""
    usable = Endpoint.objects.enabled().usable_by(person_id).preferred_first()
    return [endpoint for endpoint in usable if task not in endpoint.capabilities]


def is_for_others(task: Task) -> bool:
    """Return whether an endpoint for other people can do ``task``, to explain why this person has none."""
    return any(task in endpoint.capabilities for endpoint in Endpoint.objects.enabled())


def models_able(task: Task) -> list[Able]:
    """Return the Code Llama models that were trained for ``task``, those without a dissenting source first."""
    pairs = [(model, model.infill if task == Task.INFILL else model.complete) for model in all_models()]
    able = [(model, ability) for model, ability in pairs if ability.is_promised]
    able.sort(key=lambda pair: bool(pair[1].against))
    return [Able(model.name, model.variant, model.size, ability.note) for model, ability in able]


def find_offer(value: str, task: Task, person_id: int) -> Offer:
    """Return the person's choice with this form value. Raises ``NothingServes``."""
    found = next((offer for offer in offers_for(task, person_id) if offer.value == value), None)
    if found is None:
        raise NothingServes
    return found


def able_by_id(ids: Sequence[UUID], task: Task, person_id: int) -> list[Endpoint]:
    """Return the endpoints in this order. Raises ``NothingServes`` if one cannot do the task for the person now."""
    able = {endpoint.pk: endpoint for endpoint in able_endpoints(task, person_id)}
    if any(identifier not in able for identifier in ids):
        raise NothingServes
    return [able[identifier] for identifier in ids]
