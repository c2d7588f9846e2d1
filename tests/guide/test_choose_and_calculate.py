"""Chooser and calculator agree: what the one recommends, the other calculates alike and has a command for."""

from itertools import product

import pytest
from django.test import Client

from apps.guide.choosing.answers import Answers
from apps.guide.choosing.memory import Room, find_rooms
from apps.guide.choosing.selectors import read_shapes
from apps.guide.hardware.catalogue import Cards
from apps.guide.hardware.command import supports
from apps.guide.hardware.fit import Fit, Need
from apps.guide.hardware.memory import Shape, kv_bytes_per_token, weight_bytes
from apps.guide.hardware.question import HardwareQuestion, Known
from apps.guide.hardware.selectors import read_known
from tests.guide.reading import ReadPage


def question_of(room: Room, model: str, cards: Cards, known: Known) -> HardwareQuestion:
    """The calculator's question about a way to run a model."""
    return HardwareQuestion(
        model=known.models[model],
        form=known.formats[room.form.slug],
        precision=known.precisions[room.cache.slug],
        context=room.context,
        sequences=1,
        card=cards.card,
        count=room.fit.count,
    )


def fit_of(asked: HardwareQuestion, shape: Shape) -> Fit:
    weights, per_token = weight_bytes(shape, asked.form), kv_bytes_per_token(shape, asked.precision)
    return Fit(
        need=Need(weights=weights, per_token=per_token, tokens=asked.context), card=asked.card, count=asked.count
    )


def test_every_way_that_the_chooser_takes_is_run_by_a_server_and_counted_alike(guide: None) -> None:
    known, shapes = read_known(), read_shapes()
    rooms = 0
    for card, count, context in product(known.cards.values(), (1, 2, 4, 8), (4096, 16384, 100_000)):
        if card.is_machine and count > 1:
            continue
        cards = Cards(count, card)
        for model, shape in shapes.items():
            for room in find_rooms(shape, Answers(context=context, cards=cards)):
                rooms += 1
                asked = question_of(room, model, cards, known)
                said = f"{model} on {cards}: {room.label}"
                assert any(supports(server, asked) for server in known.servers), said
                assert fit_of(asked, shape) == room.fit, said
    assert rooms > 5000


@pytest.mark.parametrize("gpu", ["48 GB", "T4", "V100 16 GB", "2x RTX 3090", "M2 Max 64 GB"])
def test_the_link_to_the_calculator_asks_for_what_was_recommended(guide: None, client: Client, gpu: str) -> None:
    page = ReadPage(client.get("/guide/choose/", {"task": "chat", "gpu": gpu}).text)
    links = [link.attributes["href"] for link in page.root.all("a") if link.text == "Calculate memory"]
    assert links
    for link in links:
        told = client.get(link.replace("/guide/hardware/", "/guide/hardware.json")).json()
        assert told["fit"]["verdict"] in {"fits", "tight"}, link
        assert told["commands"], link
