"""Access in the playground: other people's runs answer 404."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import Document
from apps.playground.models import Kind, Run
from apps.playground.offers import Offer
from apps.playground.services import start_document_run
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db

PAGES = ["/playground/", "/playground/complete/", "/playground/fill/", "/playground/side-by-side/"]


@pytest.fixture
def run(alice: User) -> Run:
    """One of alice's, waiting."""
    endpoint = add_endpoint(name="gpu-1", url="http://127.0.0.1:9", protocol="openai", variant="base", size="7B")
    return start_document_run(
        owner=alice,
        kind=Kind.FILL,
        document=Document("secret plans = ", "\n# end\n"),
        offer=Offer("base", endpoint),
        parameters={},
        settings={"model": f"endpoint:{endpoint.pk}", "max_tokens": 9, "temperature": 0},
    )


def actions(run: Run) -> list[str]:
    generation = run.outputs.get().generation_id
    of_run = [reverse(f"playground:{name}", args=[run.pk]) for name in ("stop", "again", "share", "revoke", "delete")]
    names = ("accept", "dismiss", "undo", "continue")
    of_output = [reverse(f"playground:{name}", args=[run.pk, generation]) for name in names]
    return of_run + of_output


def readings(run: Run) -> list[str]:
    generation = run.outputs.get().generation_id
    of_output = [reverse(f"playground:{name}", args=[run.pk, generation]) for name in ("sent", "text")]
    return [run.get_absolute_url(), reverse("playground:events", args=[run.pk]), *of_output]


def test_owner_sees_the_run(alice: User, run: Run, signed_in: SignedIn) -> None:
    page = signed_in(alice).get(run.get_absolute_url())
    assert page.status_code == 200
    assert "secret plans" in page.text
    assert f'data-run="{run.outputs.get().generation_id}"' in page.text
    assert 'data-state="queued"' in page.text
    assert "secret plans" in signed_in(alice).get("/playground/").text


@pytest.mark.parametrize("who", ["bob", "charlie", "staff"])
def test_for_anybody_else_it_is_not_there(
    who: str, request: pytest.FixtureRequest, run: Run, signed_in: SignedIn
) -> None:
    """Not for staff either: a run is its owner's."""
    client = signed_in(request.getfixturevalue(who))
    answers = [client.get(address) for address in readings(run)] + [client.post(address) for address in actions(run)]
    assert [answer.status_code for answer in answers] == [404] * 13
    assert not any("secret plans" in answer.text for answer in answers)
    assert "secret plans" not in client.get("/playground/").text
    assert "secret plans" not in client.get("/playground/fill/", {"from": str(run.pk)}).text
    assert Generation.objects.get().state == State.QUEUED


def test_an_output_is_found_only_in_its_own_run(alice: User, run: Run, signed_in: SignedIn) -> None:
    address = reverse("playground:sent", args=[run.pk, uuid4()])
    assert signed_in(alice).get(address).status_code == 404


def test_who_is_not_signed_in_is_asked_to(client: Client, run: Run) -> None:
    answers = [client.get(address) for address in (*PAGES, *readings(run))]
    answers += [client.post(address) for address in (*PAGES[1:], *actions(run))]
    for answer in answers:
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("accounts:sign_in"))
    assert Run.objects.count() == 1


def test_another_site_cannot_post(alice: User, run: Run) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert {client.post(address).status_code for address in (*PAGES[1:], "/playground/open/", *actions(run))} == {403}


def test_posted_code_is_typed_in_for_its_owner_alone(alice: User, bob: User, signed_in: SignedIn) -> None:
    code = "  if a < b:\n\treturn '</textarea>'\n" + "x = 1\n" * 4_000
    answer = signed_in(alice).post("/playground/open/", {"code": code.replace("\n", "\r\n")})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/playground/complete/?draft=")
    assert len(answer["Location"]) < 100
    for _ in range(2):  # a reload too
        assert signed_in(alice).get(answer["Location"]).context["form"].initial["code"] == code
    assert "code" not in signed_in(bob).get(answer["Location"]).context["form"].initial
    assert not Run.objects.exists()


@pytest.mark.parametrize("code", ["", "x" * 400_001])
def test_code_that_cannot_be_opened_is_refused(code: str, alice: User, signed_in: SignedIn) -> None:
    answer = signed_in(alice).post("/playground/open/", {"code": code})
    assert answer.status_code == 422
    assert 'class="banner' in answer.text


def test_nothing_is_done_by_following_a_link(alice: User, run: Run, signed_in: SignedIn) -> None:
    assert {signed_in(alice).get(address).status_code for address in actions(run)} == {405}


def test_a_link_is_read_until_it_is_taken_back(alice: User, bob: User, run: Run, signed_in: SignedIn) -> None:
    owner, reader = signed_in(alice), signed_in(bob)
    assert owner.post(reverse("playground:share", args=[run.pk])).status_code == 409  # it is not over
    cancel_generation(generation_id=run.outputs.get().generation_id)
    owner.post(reverse("playground:share", args=[run.pk]))
    run.refresh_from_db()
    assert run.share_token
    link = reverse("playground:shared", args=[run.share_token])
    page = reader.get(link)
    assert "secret plans" in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    assert ">Accept<" not in page.text
    assert Client().get(link).status_code == 302
    owner.post(reverse("playground:revoke", args=[run.pk]))
    assert reader.get(link).status_code == 404


def test_deleting_stops_and_removes(alice: User, run: Run, signed_in: SignedIn) -> None:
    signed_in(alice).post(reverse("playground:delete", args=[run.pk]))
    assert not Run.objects.exists()
    assert not Generation.objects.exists()
