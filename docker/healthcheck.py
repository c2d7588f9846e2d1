"""Exit 0 when this container's web process answers ``/healthz``.

The request carries the public host name, since Django refuses any that is not in ``ALLOWED_HOSTS``.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

port = int(os.environ.get("PORT") or 8000)
public_host = urlsplit(os.environ.get("PUBLIC_URL", "")).netloc or "127.0.0.1"

try:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    connection.request("GET", "/healthz", headers={"Host": public_host})
    status = connection.getresponse().status
except OSError as error:
    sys.exit(f"/healthz does not answer: {error}")
if status != http.HTTPStatus.OK:
    sys.exit(f"/healthz answers {status}")
