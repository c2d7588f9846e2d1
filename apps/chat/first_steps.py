"""An admin's first steps on a new site, shown where a chat begins until they are done or dismissed."""

from dataclasses import dataclass

from django.db.models import Exists
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.requests import WorkbenchRequest
from apps.chat.models import Message
from apps.endpoints.models import Endpoint

DISMISSED = "first_steps_dismissed"  # a cookie
BUNDLED = "local"  # the endpoint that comes with ``make run``


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to do, and where it is done."""

    title: str
    text: str
    url: str
    is_done: bool


def first_steps(request: WorkbenchRequest) -> list[FirstStep]:
    """Return the steps; none for people who are not staff, after the last was done, and when dismissed."""
    if not request.user.is_staff or DISMISSED in request.COOKIES:
        return []
    done = User.objects.filter(pk=request.user.pk).values_list(
        Exists(Message.objects.filter(conversation__owner=request.user)),
        Exists(Endpoint.objects.exclude(name=BUNDLED)),
        Exists(User.objects.exclude(pk=request.user.pk)),
    )[0]
    if all(done):
        return []
    connect, invite = reverse("endpoints:add"), reverse("accounts:people")
    steps = [
        ("Try the chat", "Choose a suggestion below, or write a question of your own.", request.path),
        (
            "Connect a model server",
            "Text Generation Inference, vLLM or llama.cpp on your GPUs.",
            connect,
        ),
        ("Invite somebody", "They get a link and choose their own way to sign in.", invite),
    ]
    return [FirstStep(*step, is_done) for step, is_done in zip(steps, done, strict=True)]
