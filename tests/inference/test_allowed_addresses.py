"""An address that is not allowed is not connected to, however it is written, named or resolved."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from apps.inference.errors import AddressRefused
from apps.inference.http.calls import get_json
from apps.inference.http.connection import open_session
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from tests.support.scripted_server import ScriptedServer

PATIENT = Timeouts(connect=10, first_token=30)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_refused_address_sees_no_connection(scripted_server: ScriptedServer, host: str) -> None:
    asked: list[IPv4Address | IPv6Address] = []

    def refuse(address: IPv4Address | IPv6Address) -> bool:
        asked.append(address)
        return False

    server = Server(scripted_server.url.replace("127.0.0.1", host))
    async with open_session(is_allowed=refuse) as http:
        with pytest.raises(AddressRefused) as refused:
            await get_json(http, server, "/info", PATIENT)
    assert refused.value.sentence.startswith("The address of the model server is not allowed.")
    assert IPv4Address("127.0.0.1") in asked
    assert scripted_server.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_allowed_address_is_connected_to(scripted_server: ScriptedServer, host: str) -> None:
    """A name may have a refused address beside the allowed one (localhost is ::1 too)."""
    server = Server(scripted_server.url.replace("127.0.0.1", host))
    async with open_session(is_allowed=lambda address: address == IPv4Address("127.0.0.1")) as http:
        assert (await get_json(http, server, "/info", PATIENT))["version"]


async def test_every_connection_is_checked(scripted_server: ScriptedServer) -> None:
    """A name may resolve to another address after a check: no earlier check is valid for ever."""
    answers = iter([True, False])
    async with open_session(is_allowed=lambda _: next(answers)) as http:
        server = Server(scripted_server.url)
        assert await get_json(http, server, "/info", PATIENT)
        with pytest.raises(AddressRefused):
            await get_json(http, server, "/info", PATIENT)
    assert len(scripted_server.requests) == 1


async def test_ipv6_address_is_checked_as_one() -> None:
    asked: list[IPv4Address | IPv6Address] = []

    def refuse(address: IPv4Address | IPv6Address) -> bool:
        asked.append(address)
        return False

    async with open_session(is_allowed=refuse) as http:
        with pytest.raises(AddressRefused):
            await get_json(http, Server("http://[::ffff:127.0.0.1]:9"), "/info", PATIENT)
    assert asked == [IPv6Address("::ffff:127.0.0.1")]
