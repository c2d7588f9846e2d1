"""Models that complete in place of Base, while no endpoint of that variant has been added."""

from collections.abc import Iterable

from apps.endpoints.choices import Capability, Variant
from apps.endpoints.models import Endpoint


def stand_ins_for_base(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return those of ``endpoints`` whose model is not a Code Llama and can complete.

    Empty as soon as an endpoint for Base exists, whatever its state: a Base that is switched off must not turn into
    another model.
    """
    found = [one for one in endpoints if not one.serves_code_llama and Capability.COMPLETE in one.capabilities]
    return [] if not found or Endpoint.objects.serving(Variant.BASE).exists() else found
