"""Prepare the database and the static files before the stack serves. Safe at every start."""

import hashlib
import io
import json

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from apps.accounts.services import create_user, sign_in_url
from apps.embedded.engines.model_server import SLOTS
from apps.embedded.layout import Layout
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.inference.server import ServerKind

ADMIN = "admin"
LOCAL_ENDPOINT = "local"
KIND: ServerKind = "llama.cpp"
# Recommended by the model's authors. At the usual default of 0.8, a model of this size writes nonsense.
RECOMMENDED = {"temperature": 0.2, "top_p": 0.9}


def fill_database(*, model_url: str, model_name: str) -> str | None:
    """Migrate, load the guide and the presets, and register the local model server.

    Returns a one-time sign-in link, as long as the admin made at the first start has not signed in.
    """
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_guide", stdout=io.StringIO())
    call_command("load_presets", stdout=io.StringIO())
    _register_model_server(model_url, model_name)
    return _first_sign_in()


def collect_static(layout: Layout) -> None:
    """Collect the static files if any changed since the last time: it takes seconds."""
    fingerprint = static_fingerprint()
    if layout.static_fingerprint.exists() and layout.static_fingerprint.read_text() == fingerprint:
        return
    # If this start is interrupted here, the next one must collect again.
    layout.static_fingerprint.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    layout.static_fingerprint.write_text(fingerprint)


def static_fingerprint() -> str:
    """Return a digest of the sources of the collected files."""
    facts: list[object] = [str(settings.STATIC_ROOT), settings.STORAGES["staticfiles"]]
    for finder in get_finders():
        for path, storage in finder.list([]):
            changed = storage.get_modified_time(path).timestamp()
            facts.append([storage.path(path), storage.size(path), changed])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _register_model_server(url: str, model_name: str) -> None:
    """Register the local endpoint; keep an admin's changes as long as the address is the same."""
    if Endpoint.objects.filter(name=LOCAL_ENDPOINT, url=url, model_id=model_name).exists():
        return
    endpoint = add_endpoint(
        name=LOCAL_ENDPOINT,
        url=url,
        protocol="openai",
        variant="instruct",
        model_id=model_name,
        max_concurrency=SLOTS,
    )
    Endpoint.objects.filter(pk=endpoint.pk, default_parameters={}).update(default_parameters=RECOMMENDED)
    # Until the first probe, seconds later, requests for formats and log probabilities would be refused.
    Endpoint.objects.filter(pk=endpoint.pk, discovered={}).update(discovered={"kind": KIND})


def _first_sign_in() -> str | None:
    people = get_user_model().objects
    if not people.exists():
        create_user(username=ADMIN, staff=True)
    if people.filter(username=ADMIN, last_login=None, is_active=True).exists():
        return sign_in_url(username=ADMIN)
    return None
