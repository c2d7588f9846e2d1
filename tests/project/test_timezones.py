"""Times are shown in the reader's zone, on pages, in the admin and over sockets, and dates in one format."""

import re
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from django.template.loader import get_template

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import send_message
from apps.stores.threads import in_thread
from project.http.timezones import zone_of
from tests.chat.exchanges import answered_conversation
from tests.chat.tab import socket_to, tab_of
from tests.project.containers import ROOT

AFTERNOON = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
TOKYO = "Asia/Tokyo"  # nine hours ahead: the next day
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Formats that a template may spell out: for machines, with seconds, with the day of the week, with the zone.
SPELLED_OUT = {"c", "Y-m-d", "H:i:s", "j F Y, H:i:s", "l, j F Y", "j F Y, H:i e"}
NAMED = {"DATE_FORMAT", "TIME_FORMAT", "DATETIME_FORMAT"}


@pytest.fixture
async def conversation(alice: User) -> Conversation:
    conversation = await in_thread(answered_conversation)(alice, "Sorting", "Use sorted.")
    await in_thread(Message.objects.update)(created_at=AFTERNOON)
    return conversation


async def read(site: str, address: str, cookie: str) -> str:
    async with aiohttp.ClientSession(headers={"Cookie": cookie}) as http, http.get(site + address) as answer:
        assert answer.status == 200
        return await answer.text()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        (TOKYO, "Monday, 23 November 2026", "2026-11-23T02:30:00+09:00"),
        ("", "Sunday, 22 November 2026", "2026-11-22T17:30:00+00:00"),
        ("../../etc/passwd", "Sunday, 22 November 2026", "2026-11-22T17:30:00+00:00"),
    ],
)
async def test_a_conversation_is_shown_in_the_readers_zone(
    conversation: Conversation, live_asgi_server: str, zone: str, day: str, moment: str
) -> None:
    alice = await in_thread(User.objects.get)(username="alice")
    tab = await tab_of(alice, live_asgi_server, conversation)
    page = await read(live_asgi_server, conversation.get_absolute_url(), f"{tab.cookie['Cookie']}; timezone={zone}")
    assert f">{day}</time>" in page
    assert f'datetime="{moment}"' in page


@pytest.mark.django_db(transaction=True)
async def test_what_a_socket_brings_is_in_the_readers_zone(
    alice: User, conversation: Conversation, live_asgi_server: str
) -> None:
    tab = await tab_of(alice, live_asgi_server, conversation)
    cookie = {"Cookie": f"{tab.cookie['Cookie']}; timezone={TOKYO}"}
    async with socket_to(tab.site, tab.address, cookie, origin=tab.site) as socket:
        await in_thread(send_message)(conversation=conversation, text="And backwards?")
        async for frame in socket:
            if "And backwards?" in str(frame) and "<time" in str(frame):
                break
    assert re.findall(r'<time class="message__time" datetime="\S+(\+\d\d:\d\d)"', str(frame))[0] == "+09:00"


@pytest.mark.django_db(transaction=True)
async def test_the_admin_is_in_the_readers_zone_and_format(alice: User, live_asgi_server: str) -> None:
    staff, _ = await in_thread(create_user)(username="erin", staff=True)
    await in_thread(User.objects.filter(pk=staff.pk).update)(date_joined=AFTERNOON)
    conversation = await in_thread(answered_conversation)(staff, "Sorting", "Use sorted.")
    tab = await tab_of(staff, live_asgi_server, conversation)
    address = f"/admin/accounts/user/{staff.pk}/change/"
    page = await read(live_asgi_server, address, f"{tab.cookie['Cookie']}; timezone={TOKYO}")
    assert 'value="2026-11-23"' in page
    assert 'value="02:30:00"' in page
    assert "js/timezone" in page
    listed = await read(live_asgi_server, "/admin/generation/generation/", tab.cookie["Cookie"])
    today = datetime.now(UTC)
    assert f"{today.day} {today:%B %Y}, " in listed


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_use_the_named_formats(path: Path) -> None:
    assert get_template(str(path.relative_to(ROOT / "templates")))
    assert set(re.findall(r"""\|date:["']([^"']+)["']""", path.read_text())) <= SPELLED_OUT | NAMED


@pytest.mark.parametrize(
    ("cookies", "zone"),
    [
        (b"sessionid=1; timezone=Europe/Berlin", "Europe/Berlin"),
        (b"timezone=Etc/GMT+1", "Etc/GMT+1"),
        (b"timezone=Nowhere/At_All", "None"),
        (b"timezone=", "None"),
        (b"othertimezone=Europe/Berlin", "None"),
        (b'timezone="\xff"; a=b', "None"),
        (b"", "None"),
    ],
)
def test_the_cookie_names_a_zone_that_exists(cookies: bytes, zone: str) -> None:
    assert str(zone_of(cookies)) == zone
