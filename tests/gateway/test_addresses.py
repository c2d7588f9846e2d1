"""The API's addresses are those of its views, and no page's."""

import re

import pytest
from django.urls import get_resolver

from apps.gateway.addresses import is_for_api
from apps.gateway.views.description import describe

API = ("apps.gateway.views.", "apps.gateway.tgi.views", "apps.gateway.llama_cpp.views")


def addresses() -> dict[str, bool]:
    """Return an address of each view of the project, and whether the view is the API's."""
    found: dict[str, bool] = {}
    pending = [("/", pattern) for pattern in get_resolver().url_patterns]
    while pending:
        start, pattern = pending.pop()
        route = start + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            pending += [(route, inner) for inner in pattern.url_patterns]
        else:
            is_api = pattern.callback.__module__.startswith(API) and pattern.callback is not describe
            found[re.sub(r"<[^>]*>", "a/b\n", route)] = is_api
    return found


def test_addresses_are_those_of_the_views() -> None:
    found = addresses()
    assert {"/v1/models", "/tgi/a/b\n/generate", "/infill", "/chat/", "/openapi.json"} <= set(found)
    assert {path for path in found if is_for_api(path)} == {path for path, is_api in found.items() if is_api}


@pytest.mark.parametrize("path", ["/", "/v1", "/tgi/", "/generated", "/llama.cpp/props", "/infill/more", "/tgi\n"])
def test_what_no_view_answers_is_no_address(path: str) -> None:
    assert not is_for_api(path)
