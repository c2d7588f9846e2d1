"""The ASGI application: HTTP goes to Django, WebSockets to Channels."""

import gc
import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup(set_prefix=False)

# Routes and views import models, which need the application registry that the line above fills.
import project.urls  # noqa: E402, F401 (or the first request would import every view)
from apps.chat.routing import websocket_urlpatterns  # noqa: E402
from apps.gateway.callers.presence import note_who_leaves  # noqa: E402
from apps.gateway.tgi.root import take_root  # noqa: E402
from project.http.body_limits import limit_bodies  # noqa: E402
from project.http.failures import refuse_sockets_while_away  # noqa: E402
from project.http.request_handler import RequestHandler  # noqa: E402
from project.http.signed_in_sockets import with_person  # noqa: E402
from project.http.socket_origins import only_from_own_pages  # noqa: E402
from project.http.timezones import in_readers_zone  # noqa: E402

sockets = with_person(URLRouter(websocket_urlpatterns))  # type: ignore[arg-type]
application = ProtocolTypeRouter(
    {
        "http": in_readers_zone(take_root(limit_bodies(note_who_leaves(RequestHandler())))),
        "websocket": in_readers_zone(only_from_own_pages(refuse_sockets_while_away(sockets))),
    }
)

# The modules loaded so far live as long as the process: keep the garbage collector from scanning them.
gc.collect()
gc.freeze()
