"""Acts on runs: ask, stop, accept, dismiss, continue, ask again, compare."""

from datetime import timedelta
from unittest.mock import ANY

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.playground.models import Decision, Run
from apps.usage.models import Limit
from tests.playground.asking import ask_to_complete, ask_to_fill, ended, numbers, settings

pytestmark = pytest.mark.django_db(transaction=True)


def output_of(run: Run) -> str:
    return f"/playground/{run.pk}/{run.outputs.get().generation_id}"


def test_a_text_is_continued_without_scripts(browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 9 at 20 per second\n")
    first = browser.get(run.get_absolute_url()).text
    if 'data-state="succeeded"' not in first:
        assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in first
        assert "Stop</button>" in first
    ended(run)
    page = browser.get(run.get_absolute_url()).text
    assert 'http-equiv="refresh"' not in page
    assert 'data-state="succeeded"' in page
    assert f'<ins class="output__text">{numbers(9)}</ins' in page


def test_a_gap_is_filled(browser: Client, base: Endpoint) -> None:
    run = ask_to_fill(browser, base, "# count to 5\n", "\n# end")
    (generation,) = ended(run)
    assert generation.text == numbers(5)
    assert f'<ins class="output__text">{numbers(5)}</ins' in browser.get(run.get_absolute_url()).text


def test_stop_stops(browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 900 at 20 per second and hold at 800\n", max_tokens="900")
    browser.post(f"/playground/{run.pk}/stop/")
    (generation,) = ended(run)
    assert generation.state == State.CANCELLED
    page = browser.get(run.get_absolute_url()).text
    assert 'data-state="cancelled"' in page
    assert "Stopped" in page


def test_dismissed_text_stays_out(browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 3\n")
    ended(run)
    browser.post(f"{output_of(run)}/dismiss/")
    assert run.outputs.get().decision == Decision.DISMISSED
    page = browser.get(run.get_absolute_url())
    assert page.context["form"].initial["code"] == "count to 3\n"
    assert ">Accept<" not in page.text


@pytest.mark.parametrize("decision", ["accept", "dismiss"])
def test_a_decision_is_undone(decision: str, browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 3\n")
    ended(run)
    assert ">Undo<" not in browser.get(run.get_absolute_url()).text
    browser.post(f"{output_of(run)}/{decision}/")
    assert ">Undo<" in browser.get(run.get_absolute_url()).text
    browser.post(f"{output_of(run)}/undo/")
    assert run.outputs.get().decision == Decision.OPEN
    page = browser.get(run.get_absolute_url())
    assert page.context["form"].initial["code"] == "count to 3\n"
    assert ">Accept<" in page.text


def test_what_runs_cannot_be_accepted(browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 900 at 5 per second and hold at 800\n", max_tokens="900")
    answer = browser.post(f"{output_of(run)}/accept/")
    assert answer.status_code == 409
    assert "still being written" in answer.text
    assert run.outputs.get().decision == Decision.OPEN
    browser.post(f"/playground/{run.pk}/stop/")


def test_a_text_that_was_cut_off_is_continued(browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 50\n", max_tokens="7")
    ended(run)
    assert ">Continue<" in browser.get(run.get_absolute_url()).text
    answer = browser.post(f"{output_of(run)}/continue/")
    following = Run.objects.get(pk=answer["Location"].split("/")[-2])
    assert following.before == f"count to 50\n{numbers(7)}"
    (generation,) = ended(following)
    assert following.before + generation.text == f"count to 50\n{numbers(14)}"
    assert run.outputs.get().decision == Decision.ACCEPTED


def test_asking_again_makes_a_run_with_the_same_settings(browser: Client, base: Endpoint) -> None:
    run = ask_to_fill(browser, base, "count to 3\n", "\n", order="spm", stop="a\nb\\n", seed="5", line_ends="crlf")
    answer = browser.post(f"/playground/{run.pk}/again/")
    again = Run.objects.get(pk=answer["Location"].split("/")[-2])
    assert (again.before, again.after, again.settings) == ("count to 3\r\n", "\r\n", run.settings)
    one, other = Generation.objects.order_by("created_at")
    assert one.parameters == other.parameters == {**one.parameters, "order": "spm", "stop": ["a", "b\n"], "seed": 5}


def test_runs_are_listed_and_fill_the_form(browser: Client, base: Endpoint) -> None:
    run = ask_to_complete(browser, base, "count to 3\nfor x in y:\n")
    ended(run)
    page = browser.get("/playground/").text
    assert f'href="/playground/{run.pk}/"' in page
    assert "for x in y:" in page
    form = browser.get("/playground/complete/", {"from": str(run.pk)}).context["form"]
    assert (form.initial["code"], form.initial["max_tokens"]) == ("count to 3\nfor x in y:\n", 200)


def test_texts_come_from_the_address(browser: Client, base: Endpoint) -> None:
    page = browser.get("/playground/fill/", {"before": "a\n <b>", "after": "c"})
    assert ">\na\n &lt;b&gt;</textarea>" in page.text


def test_the_address_names_a_variant(browser: Client, base: Endpoint, instruct: Endpoint) -> None:
    for variant, endpoint in (("base", base), ("instruct", instruct)):
        form = browser.get("/playground/complete/", {"code": "a", "variant": variant}).context["form"]
        assert (form.initial["code"], form.initial["model"]) == ("a", f"endpoint:{endpoint.pk}")
    for page, variant in (("fill", "instruct"), ("complete", "x"), ("side-by-side", "base")):
        assert "model" not in browser.get(f"/playground/{page}/", {"variant": variant}).context["form"].initial


def test_another_model_is_offered_in_place_of_base(browser: Client, base: Endpoint, instruct: Endpoint) -> None:
    Endpoint.objects.filter(pk=instruct.pk).update(size="", model_id="SmolLM2-135M-Instruct")
    form = browser.get("/playground/complete/").context["form"]
    assert [offer.label for offer in form.offers] == ["Base 7B · gpu-1", "Instruct · SmolLM2-135M-Instruct at gpu-2"]
    base.delete()
    page = browser.get("/playground/complete/", {"code": "a", "variant": "base"})
    form = page.context["form"]
    assert form.initial["model"] == f"endpoint:{instruct.pk}"
    assert [offer.label for offer in form.offers] == ["In place of Base · SmolLM2-135M-Instruct at gpu-2"]
    assert "The one in its place is not a Code Llama." in page.text
    (generation,) = ended(ask_to_complete(browser, instruct, "count to 3\n"))
    assert (generation.text, generation.endpoint) == (numbers(3), instruct)


def test_only_endpoints_that_can_are_offered(browser: Client, base: Endpoint, instruct: Endpoint) -> None:
    assert [offer.endpoint for offer in browser.get("/playground/fill/").context["form"].offers] == [base]
    offers = browser.get("/playground/complete/").context["form"].offers
    assert [offer.endpoint for offer in offers] == [base, instruct]
    answer = browser.post("/playground/fill/", {"before": "a", "after": "b", **settings(instruct)})
    assert answer.status_code == 422
    assert "not offered any longer" in answer.text
    assert not Run.objects.exists()


def test_a_variant_on_any_server(browser: Client, base: Endpoint) -> None:
    add_endpoint(name="gpu-9", url=base.url, protocol="openai", variant="base", size="13B")
    offers = browser.get("/playground/fill/").context["form"].offers
    assert [offer.value for offer in offers] == ["any:base", ANY, ANY]
    answer = browser.post(
        "/playground/fill/", {"before": "count to 3\n", "after": "b", **settings(), "model": "any:base"}
    )
    (generation,) = ended(Run.objects.get(pk=answer["Location"].split("/")[-2]))
    assert (generation.text, generation.wanted_name) == (numbers(3), "")


def test_where_no_model_can_the_page_says_which_could(browser: Client, instruct: Endpoint) -> None:
    page = browser.get("/playground/fill/").text
    assert "No model server here can fill in the middle" in page
    for slug in ("7b-base", "13b-base", "7b-instruct", "13b-instruct"):
        assert f'href="/guide/models/{slug}/"' in page
    assert "34b-base" not in page
    assert "gpu-2 (Instruct 34B)" in page


def test_a_text_is_needed(browser: Client, base: Endpoint) -> None:
    for page, texts in (("complete", {"code": ""}), ("fill", {"before": "a", "after": ""}), ("fill", {"after": "a\0"})):
        assert browser.post(f"/playground/{page}/", {**texts, **settings(base)}).status_code == 422
    assert not Generation.objects.exists()


@pytest.mark.parametrize("task", ["chat", "complete"])
def test_side_by_side(task: str, browser: Client, base: Endpoint, instruct: Endpoint) -> None:
    other = add_endpoint(name="gpu-3", url=base.url, protocol="openai", variant="instruct", size="7B")
    chosen = [str(endpoint.pk) for endpoint in ((instruct, other) if task == "chat" else (base, instruct, other))]
    asked = {"prompt": "count to 4", "task": task, "endpoints": chosen, **settings(seed="11")}
    answer = browser.post("/playground/side-by-side/", asked)
    run = Run.objects.get(pk=answer["Location"].split("/")[-2])
    generations = ended(run)
    assert [str(generation.wanted_endpoint_id) for generation in generations] == chosen
    assert {generation.text for generation in generations} == {numbers(4)}
    assert {(g.task, g.parameters["seed"]) for g in generations} == {(task, 11)}
    page = browser.get(run.get_absolute_url()).text
    assert page.count("data-run=") == len(chosen)
    assert page.count("first token") >= len(chosen)


def test_side_by_side_takes_two_to_four_that_can(browser: Client, base: Endpoint, instruct: Endpoint) -> None:
    for chosen, task, sentence in (
        ([base], "complete", "Choose two to four models."),
        ([base, instruct], "chat", "gpu-1 cannot chat."),
    ):
        ids = [str(endpoint.pk) for endpoint in chosen]
        asked = {"prompt": "a", "task": task, "endpoints": ids, **settings()}
        answer = browser.post("/playground/side-by-side/", asked)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert not Run.objects.exists()


def test_what_was_sent_and_programs(browser: Client, base: Endpoint) -> None:
    run = ask_to_fill(browser, base, "count to 3\n", "\nit's", seed="5")
    ended(run)
    page = browser.get(f"{output_of(run)}/sent/").text
    assert '<span class="prompt__token">&lt;PRE&gt;</span>' in page
    assert "SPM" in page
    assert "&quot;suffix&quot;: &quot;\\nit&#x27;s&quot;" in page
    for title in ("curl", "Python", "JavaScript"):
        assert f"<h3>{title}</h3>" in page


def test_limits_are_said_and_the_text_stays(browser: Client, base: Endpoint, alice: User) -> None:
    Limit.objects.create(user=alice, generations_at_once=1)
    held = timezone.now() + timedelta(hours=1)
    Generation.objects.create(owner=alice, messages=[], state=State.RUNNING, lease_expires_at=held)
    asked = {"code": "x = 1", "model": f"endpoint:{base.pk}", "max_tokens": "5", "temperature": "0"}
    answer = browser.post("/playground/complete/", asked)
    assert answer.status_code == 429
    assert "the most at once" in answer.text
    assert ">\nx = 1</textarea>" in answer.text
    assert not Run.objects.exists()
