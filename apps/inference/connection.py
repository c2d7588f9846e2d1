"""The HTTP session through which a process speaks to all its model servers."""

import aiohttp

LONGEST_HEADER = 16_384


def open_session() -> aiohttp.ClientSession:
    """Open a session for hundreds of streams at once; call it inside the event loop that will use it, and close it.

    It keeps nothing between requests: no cookies, no proxy or credentials from the environment, and no idle
    connections, because a request sent into one that the server is just closing fails and must not be repeated
    blindly. Timeouts are the protocols' business, per request.
    """
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=0, force_close=True, ttl_dns_cache=30)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=True,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
        # A buffer this large holds seconds of text when the reader is slow; after that the socket waits, not memory.
        read_bufsize=65_536,
        headers={"User-Agent": "code-llama-workbench"},
    )
