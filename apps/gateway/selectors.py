"""Which models there are to ask, for what, and whether they can be used."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.endpoints.models import Endpoint
from apps.gateway.errors import ModelNotFound, ModelUnable, ModelUnavailable
from apps.generation.models import Task

DEFAULT_VARIANT = "instruct"


@dataclass(slots=True)
class Model:
    """A name to ask for, and the enabled endpoints that go by it, the preferred one first."""

    name: str
    endpoints: list[Endpoint] = field(default_factory=list)

    @property
    def variant(self) -> str:
        return self.endpoints[0].variant

    @property
    def tasks(self) -> list[str]:
        """What at least one of them can be asked for."""
        return [task for task in Task.values if able(self.endpoints, task)]


def served_models() -> dict[str, Model]:
    """Every model by every name it goes by: variant, endpoint name, model id."""
    models: dict[str, Model] = {}
    for endpoint in Endpoint.objects.enabled().preferred_first():
        if endpoint.capabilities.intersection(Task.values):
            for name in dict.fromkeys((endpoint.variant, endpoint.name, endpoint.model_id)):
                if name:
                    models.setdefault(name, Model(name)).endpoints.append(endpoint)
    return models


def able(endpoints: Iterable[Endpoint], task: str) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints if task in endpoint.capabilities]


def variant_to_ask(model: str, task: Task) -> str:
    """The variant that ``model`` names.

    Servers that are merely down may come back: a request waits for them in the queue, like a question in a chat.
    Raises ``ModelNotFound``, ``ModelUnable`` where it is not for the task, and ``ModelUnavailable`` where none is
    enabled.
    """
    models = served_models()
    if model not in models:
        if model == DEFAULT_VARIANT:
            raise ModelUnavailable("No model server that can chat is enabled.", Retry_After="60")
        raise ModelNotFound(model)
    variant = models[model].variant
    if not able(models[variant].endpoints, task):
        raise ModelUnable(model, task, others=sorted(name for name in models if task in models[name].tasks))
    return variant
