"""Protocols are found by the name that an endpoint stores."""

import pytest

from apps.inference.protocols import PROTOCOLS, protocol_named
from apps.inference.protocols.base import Protocol


@pytest.mark.parametrize("name", ["openai", "tgi"])
def test_known_name_gives_its_protocol(name: str) -> None:
    assert isinstance(protocol_named(name), Protocol)
    assert name in PROTOCOLS


def test_unknown_name_is_said_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"There is no protocol 'grpc'\. The protocols are: openai, tgi\."):
        protocol_named("grpc")
