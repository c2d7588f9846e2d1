"""Pages as they were sent to readers without a session, kept by each web process until the guide changes.

A page's key holds everything that it depends on: the guide's edition, the address, and the view's additions. Bodies are
compressed. The oldest pages are dropped when there are too many, so that many addresses cannot fill the memory.
"""

import gzip
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from threading import Lock

from django.http import HttpRequest, HttpResponse

MOST_PAGES = 512
MOST_BYTES = 16 * 2**20
# Headers that a kept page keeps; cookies and the like were for one reader.
HEADERS = ("Content-Type", "Content-Disposition")


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page that was rendered; ``body`` is compressed, and ``headers`` has the ETag of its text."""

    body: bytes
    headers: Mapping[str, str]

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the page, compressed if the browser accepts that."""
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return HttpResponse(self.body, headers={**self.headers, "Content-Encoding": "gzip"})
        return HttpResponse(gzip.decompress(self.body), headers=self.headers)


class KeptPages:
    """The pages of one process. Any thread may use it."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, KeptPage] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def find(self, request: HttpRequest, key: Hashable) -> HttpResponse | None:
        """Return the page kept under ``key`` as an answer to ``request``, and count it as the newest."""
        with self._lock:
            page = self._pages.get(key)
            if page is None:
                return None
            self._pages.move_to_end(key)
        return page.answer(request)

    def keep(self, request: HttpRequest, key: Hashable, response: HttpResponse) -> HttpResponse:
        """Keep a view's response, and return it in the form in which it will be sent from now on."""
        headers = {name: response[name] for name in HEADERS if name in response}
        # Weak, because the same ETag names the compressed and the plain body.
        headers["ETag"] = f"W/{response['ETag']}"
        page = KeptPage(gzip.compress(response.content, mtime=0), headers)
        with self._lock:
            self._forget(key)
            self._pages[key] = page
            self._bytes += len(page.body)
            while len(self._pages) > MOST_PAGES or self._bytes > MOST_BYTES:
                self._forget(next(iter(self._pages)))
        return page.answer(request)

    def clear(self) -> None:
        """Drop all pages."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def _forget(self, key: Hashable) -> None:
        page = self._pages.pop(key, None)
        self._bytes -= len(page.body) if page else 0


kept_pages = KeptPages()
