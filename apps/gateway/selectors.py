"""The models that callers can name, what each can do, and which endpoint a name stands for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apps.accounts.keys.scopes import current_key, require_scope_for
from apps.accounts.models import ApiKey
from apps.endpoints.errors import NoEndpointAllowed
from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint, Health, Variant
from apps.endpoints.models.endpoint import EndpointQuerySet
from apps.endpoints.services.reserve import preference
from apps.endpoints.slots import running_counts
from apps.endpoints.stand_ins import stand_ins_for_base
from apps.gateway.errors import InvalidRequest, ModelNotFound, ModelUnable, ModelUnavailable, NotAllowed
from apps.gateway.forms.shared_fields import Needs
from apps.generation.models import Generation, Task
from apps.inference.protocols.formats import takes_format
from apps.inference.protocols.logprobs import gives_logprobs
from apps.stores.compiled import compiled

FAMILY = "code-llama"
BASE = f"{FAMILY}-{Variant.BASE.value}"
# Names of the variants in the first release: accepted, but not listed.
SHORT_NAMES = {variant.value: f"{FAMILY}-{variant.value}" for variant in Variant}
# Names of the model in clients written for Text Generation Inference: such a server has only one.
ANY_NAMES = ("tgi", "dummy")
VARIANTS_FOR = {
    Task.CHAT: (Variant.INSTRUCT,),
    Task.COMPLETE: (Variant.BASE, Variant.PYTHON, Variant.INSTRUCT),
    Task.INFILL: (Variant.BASE, Variant.INSTRUCT, Variant.PYTHON),
}


TAKE_FORMATS = "vLLM, SGLang and llama.cpp take {}, Text Generation Inference a schema with properties."
NO_FORMAT = {
    "response_format": (
        "No model server for this model is known to hold replies to this format: leave it out, and ask for it in "
        f"words. {TAKE_FORMATS.format('both formats')}"
    ),
    "tools": (
        "No model server for this model is known to hold the arguments of a call to their schema. "
        f"{TAKE_FORMATS.format('any')}"
    ),
}


NO_LOGPROBS = (
    "No model server for this model is known to give log probabilities, or not for so many tokens: Text Generation "
    "Inference gives up to 5 for each place, vLLM, SGLang and llama.cpp up to 20."
)


@dataclass(slots=True)
class Model:
    """A name that callers use, and the enabled endpoints that it stands for, preferred ones first.

    ``stands_in``: they complete in place of Base and do nothing else under this name.
    """

    name: str
    endpoints: list[Endpoint] = field(default_factory=list)
    stands_in: bool = False

    @property
    def variant(self) -> str:
        return self.endpoints[0].variant

    @property
    def tasks(self) -> list[str]:
        """Return the tasks that at least one of the endpoints can do."""
        return [task for task in Task.values if self.able(task)]

    def able(self, task: str) -> list[Endpoint]:
        """Return the endpoints that can do ``task`` under this name."""
        return [] if self.stands_in and task != Task.COMPLETE else able(self.endpoints, task)


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoints that may run a generation: any of the variant, or only the ``wanted`` one."""

    variant: str
    wanted: Wanted | None = None


def served_models() -> dict[str, Model]:
    """Return the models by each of their names: variant, variant with size, endpoint name, model id.

    Only models that the current request's API key and its owner's groups may use.
    """
    usable = list(_usable().preferred_first())
    models = _by_name(usable)
    if BASE not in models and (standing_in := _standing_in(usable)):
        models[BASE] = standing_in
    return models


def _by_name(endpoints: Iterable[Endpoint]) -> dict[str, Model]:
    models: dict[str, Model] = {}
    key = current_key()
    for endpoint in endpoints:
        if endpoint.capabilities.intersection(Task.values) and (key is None or is_open_to(key, endpoint)):
            for name in names_of(endpoint):
                models.setdefault(name, Model(name)).endpoints.append(endpoint)
    return models


def _standing_in(usable: Iterable[Endpoint]) -> Model | None:
    """Return the model that completes in place of Base; ``None`` if an endpoint serves Base or no model can."""
    key = current_key()
    is_named = key is not None and not {BASE, Variant.BASE.value}.isdisjoint(key.model_names)
    endpoints = [one for one in stand_ins_for_base(usable) if key is None or is_named or is_open_to(key, one)]
    return Model(BASE, endpoints, stands_in=True) if endpoints else None


def _usable() -> EndpointQuerySet:
    """Return the enabled endpoints that the groups of the key's owner may use."""
    key = current_key()
    return _usable_by(key.owner_id if key else None)


def _usable_by(owner_id: int | None) -> EndpointQuerySet:
    enabled = Endpoint.objects.enabled()
    return enabled if owner_id is None else enabled.usable_by(owner_id)


@compiled
def _read_usable(owner_id: int | None) -> EndpointQuerySet:
    return _usable_by(owner_id).preferred_first()


def is_open_to(key: ApiKey, endpoint: Endpoint) -> bool:
    """Return whether the key may use the endpoint: a limited key names it, or a model of it."""
    allowed = {SHORT_NAMES.get(name, name) for name in key.model_names}
    return not allowed or not allowed.isdisjoint(names_of(endpoint))


def names_of(endpoint: Endpoint) -> list[str]:
    """Return the names that an endpoint answers to, without repeats."""
    variant = f"{FAMILY}-{endpoint.variant}"
    sized = f"{variant}-{endpoint.size.lower()}" if endpoint.size else ""
    names = (variant, sized, endpoint.name, endpoint.model_id, *endpoint.discovered.get("model_ids", ()))
    return list(dict.fromkeys(name for name in names if name))


def find_model(name: str) -> Model:
    """Return the model called ``name``. Raises ``ModelNotFound``, ``ModelUnavailable`` and ``NotAllowed``."""
    return _find(name, served_models())


def _find(name: str, models: dict[str, Model]) -> Model:
    if (found := models.get(SHORT_NAMES.get(name, name))) is not None:
        return found
    key = current_key()
    if (name in SHORT_NAMES or name in SHORT_NAMES.values()) and not (key and key.model_names):
        variant = name.removeprefix(f"{FAMILY}-")
        if Endpoint.objects.enabled().serving(variant).exclude(pk__in=_usable()).exists():
            raise NotAllowed(NoEndpointAllowed(f"a model server of the {variant} variant").sentence)
        raise ModelUnavailable(f"No model server for the {variant} variant is enabled.", Retry_After="60")
    raise ModelNotFound(name, served=sorted(served_models()))


def able(endpoints: Iterable[Endpoint], task: str) -> list[Endpoint]:
    """Return the endpoints that can do ``task``."""
    return [endpoint for endpoint in endpoints if task in endpoint.capabilities]


def target_of(name: str, task: Task, *, needs: Needs | None = None) -> Target:
    """Return where a request for the model ``name`` may run.

    A name that covers every endpoint for this work leaves the choice to the queue. Any other name pins the generation
    to its best endpoint, so that no other model answers in its place. Endpoints that are down count: the request waits
    for them in the queue, as a question in a chat does. Only endpoints count that meet ``needs``.

    Raises ``ModelNotFound``, ``ModelUnavailable``, ``ModelUnable`` if the model cannot do the task, ``InvalidRequest``
    if no endpoint takes the format or gives log probabilities, ``NotAllowed`` if it is for other groups, and
    ``KeyNotAllowed`` if the request's API key may not be used for it.
    """
    require_scope_for(task)
    key = current_key()
    enabled = _read_usable(key.owner_id if key else None)
    served = _by_name(enabled)
    wanted = _any_for(task, served) if name in ANY_NAMES else name
    if SHORT_NAMES.get(wanted, wanted) == BASE and BASE not in served and (standing_in := _standing_in(enabled)):
        served[BASE] = standing_in
    model = _find(wanted, served)
    fit = model.able(task)
    if not fit:
        others = [other.name for other in served.values() if task in other.tasks]
        raise ModelUnable(name, task, others=sorted(others))
    variant = fit[0].variant
    fit = [endpoint for endpoint in fit if endpoint.variant == variant]
    if needs:
        fit = _meeting(needs, fit, served.values(), task)
    everyone = [endpoint for endpoint in able(enabled, task) if endpoint.variant == variant]
    if len(fit) == len(everyone):
        return Target(variant)
    best = fit[0] if len(fit) == 1 else _best(fit)
    return Target(variant, Wanted(best.name, best.pk))


def _meeting(needs: Needs, fit: list[Endpoint], models: Iterable[Model], task: Task) -> list[Endpoint]:
    """Return those of the endpoints that meet ``needs``. Raises ``InvalidRequest`` if none does."""
    if (wanted := needs.get("reply_format")) is not None:
        fit = [one for one in fit if takes_format(one.protocol, one.server.kind, wanted)]
        if not fit:
            param = needs["format_of"]
            raise InvalidRequest(NO_FORMAT[param], param=param)
    if (likely := needs.get("likely")) is not None:
        fit = _giving_logprobs(fit, likely)
        if not fit:
            others = [model.name for model in models if _giving_logprobs(model.able(task), likely)]
            raise InvalidRequest(" ".join((NO_LOGPROBS, _those(others))), param="logprobs")
    return fit


def _giving_logprobs(endpoints: Iterable[Endpoint], likely: int) -> list[Endpoint]:
    return [one for one in endpoints if gives_logprobs(one.protocol, one.server.kind, likely)]


def _those(others: Iterable[str]) -> str:
    names = ", ".join(sorted(others))
    return f"Those here that do: {names}." if names else "None that is served here does."


def _any_for(task: Task, served: dict[str, Model]) -> str:
    """Return the name of the best variant that can do the task now; of the best one, if none can.

    Raises ``NotAllowed`` if only models for other groups can.
    """
    names = [f"{FAMILY}-{variant}" for variant in VARIANTS_FOR[task]]
    found = next((name for name in names if name in served and task in served[name].tasks), "")
    if not found and able(Endpoint.objects.enabled().exclude(pk__in=_usable()), task):
        raise NotAllowed(NoEndpointAllowed("a model server that can do this").sentence)
    return found or names[0]


def _best(endpoints: Sequence[Endpoint]) -> Endpoint:
    running = running_counts([endpoint.pk for endpoint in endpoints])

    def rank(endpoint: Endpoint) -> tuple[bool, tuple[int, int], float]:
        load = running.get(endpoint.pk, 0) / endpoint.max_concurrency
        return (endpoint.health == Health.DOWN or load >= 1, _preference(endpoint), load)

    return min(endpoints, key=rank)


def _preference(endpoint: Endpoint) -> tuple[int, int]:
    if endpoint.health == Health.DOWN:
        return (len(Health), -endpoint.priority)
    return preference(endpoint)


def model_of(generation: Generation, *, asked: str) -> str:
    """Return the id of the model that writes ``generation``; until a model does, the name that was ``asked`` for."""
    endpoint = Endpoint.objects.filter(generations=generation.pk).first()
    return endpoint.served_model if endpoint else asked
