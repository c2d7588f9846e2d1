"""The embedded engines answer on their Unix sockets."""

import psycopg
import pytest
import redis
from django.db import connection

from apps.embedded.layout import DATABASE_USER
from tests.support.services import Services


@pytest.mark.django_db
def test_tests_run_on_the_embedded_postgres(services: Services) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('unix_socket_directories'), current_setting('listen_addresses')")
        assert cursor.fetchone() == (str(services.layout.sockets), "")


def test_postgres_has_the_stack_s_database(services: Services) -> None:
    with psycopg.connect(host=str(services.layout.sockets), user=DATABASE_USER, dbname="workbench") as database:
        assert database.execute("SHOW server_encoding").fetchone() == ("UTF8",)


def test_valkey_answers_and_keeps_what_it_is_told(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("embedded-test", "kept", ex=60)
        assert client.get("embedded-test") == b"kept"
