"""The addresses of a message's actions are those of the chat's URLs."""

import re
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from apps.chat.models.message_urls import MessageUrls

USED = re.compile(r"{{ urls\.(\w+) }}")


def test_templates_use_addresses_that_exist() -> None:
    templates = (Path(settings.BASE_DIR) / "templates" / "chat").glob("*.html")
    names = {name for template in templates for name in USED.findall(template.read_text())}
    assert {"retry", "delete_exchange"} <= names
    ids = uuid4(), uuid4()
    urls = MessageUrls(*ids)
    assert {name: urls[name] for name in names} == {name: reverse(f"chat:{name}", args=ids) for name in names}
