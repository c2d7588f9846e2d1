"""Posts of tests to the playground, and waits for their results."""

import time
from typing import Any

from django.test import Client

from apps.endpoints.models import Endpoint
from apps.generation.models import Generation
from apps.playground.models import Run

SECONDS = 60


def settings(endpoint: Endpoint | None = None, **more: Any) -> dict[str, Any]:
    """The fields beside the texts, as a browser sends them."""
    model = {"model": f"endpoint:{endpoint.pk}"} if endpoint else {}
    return {"max_tokens": "200", "temperature": "0", "line_ends": "lf", **model, **more}


def ended(run: Run) -> list[Generation]:
    """Wait until the run is over, and return its generations in order."""
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        generations = [o.generation for o in Run.objects.with_outputs().get(pk=run.pk).outputs.all()]
        if all(generation.is_over for generation in generations):
            return generations
        time.sleep(0.05)
    raise AssertionError("the run did not end")


def ask_to_fill(client: Client, endpoint: Endpoint, before: str, after: str, **more: Any) -> Run:
    """Post the form; a browser sends each line end as CRLF."""
    texts = {"before": as_sent(before), "after": as_sent(after)}
    answer = client.post("/playground/fill/", {**texts, **settings(endpoint, **more)})
    assert answer.status_code == 302, answer.text
    return Run.objects.get(pk=answer["Location"].split("/")[-2])


def ask_to_complete(client: Client, endpoint: Endpoint, code: str, **more: Any) -> Run:
    answer = client.post("/playground/complete/", {"code": as_sent(code), **settings(endpoint, **more)})
    assert answer.status_code == 302, answer.text
    return Run.objects.get(pk=answer["Location"].split("/")[-2])


def as_sent(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def numbers(last: int) -> str:
    return " ".join(str(number) for number in range(1, last + 1))
