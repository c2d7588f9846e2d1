"""The calculator and the benchmarks before the guide has content."""

from http import HTTPStatus

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/guide/hardware/", "/guide/benchmarks/"])
def test_the_page_says_what_to_do(client: Client, url: str) -> None:
    response = client.get(url)
    assert response.status_code == HTTPStatus.OK
    assert "manage.py load_guide" in response.text


@pytest.mark.django_db
def test_the_json_says_so(client: Client) -> None:
    response = client.get("/guide/hardware.json")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["error"]["message"] == "The guide has no content yet."
