"""A scripted OpenID Connect provider on loopback: a stand-in for a foreign server, over real HTTP.

It keeps the rules of a provider: one client with a secret, one redirect address, PKCE, each code once. A test bends
what it says: ``person`` are the claims of the one who is signed in there, ``bend`` changes the claims of the ID token,
``sign`` replaces the signature, and ``answers`` replaces the answer of a path.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT_ID, CLIENT_SECRET = "workbench", "the-secret-of-the-client"
DISCOVERY = "/.well-known/openid-configuration"

type Claims = dict[str, Any]
type Answer = tuple[int, str, bytes]


def json_answer(value: object, status: int = 200) -> Answer:
    return status, "application/json", json.dumps(value).encode()


@dataclass
class OpenIdProvider:
    """A context manager; ``url`` is the issuer, ``asked`` the parameters of each request to ``/authorize``."""

    person: Claims = field(default_factory=lambda: {"sub": "dana-1", "preferred_username": "dana"})
    algorithm: str = "RS256"
    bend: Callable[[Claims], Claims] = field(default=lambda claims: claims)
    sign: Callable[[Claims], str] | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        provider = self

        class Handler(_Handler):
            answer = staticmethod(provider._answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Go away: connections are refused from now on. A second call does nothing."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def id_token(self, claims: Claims) -> str:
        key = EC_KEY if self.algorithm == "ES256" else RSA_KEY
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "one"})

    def _public_key(self) -> dict[str, Any]:
        if self.algorithm == "ES256":
            key = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
        else:
            key = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
        return {**key, "kid": "one", "use": "sig", "alg": self.algorithm}

    def _answer(self, path: str, query: dict[str, str], form: dict[str, str], bearer: str) -> Answer:
        if path in self.answers:
            return self.answers[path]
        if path == "/authorize":
            return self._authorize(query)
        if path == "/token":
            return self._token(form)
        documents = {DISCOVERY: self._discovery(), "/jwks": {"keys": [self._public_key()]}}
        if bearer == "access":
            documents["/userinfo"] = self.person
        return json_answer(documents[path]) if path in documents else json_answer({"error": "not_found"}, 404)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(self, query: dict[str, str]) -> Answer:
        self.asked.append(query)
        code = f"code-{len(self.asked)}"
        self.codes[code] = query
        back = urlencode({"code": code, "state": query.get("state", "")})
        return 302, f"{query['redirect_uri']}?{back}", b""

    def _token(self, form: dict[str, str]) -> Answer:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        kept = asked and (
            asked["client_id"] == form.get("client_id") == CLIENT_ID
            and form.get("client_secret") == CLIENT_SECRET
            and asked["redirect_uri"] == form.get("redirect_uri")
            and asked.get("code_challenge_method") == "S256"
            and asked.get("code_challenge") == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        )
        if not asked or not kept:
            return json_answer({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked.get("nonce")}
        claims = self.bend(claims | self.person)
        signed = (self.sign or self.id_token)(claims)
        return json_answer({"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": signed})


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[str, dict[str, str], dict[str, str], str], Answer]

    def do_GET(self) -> None:
        self._reply({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._reply(dict(parse_qsl(body)))

    def log_message(self, *args: object) -> None:
        """Say nothing on standard error."""

    def _reply(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, kind, body = self.answer(parts.path, dict(parse_qsl(parts.query)), form, bearer)
        self.send_response(status)
        self.send_header("Location" if status == 302 else "Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# Making a key is slow: one key for all tests, and one that the provider does not publish.
RSA_KEY, FOREIGN_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EC_KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def provider(settings: Any) -> Iterator[OpenIdProvider]:
    """A running provider that the site is set up for, with registration closed."""
    with OpenIdProvider() as running:
        app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"] | {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": "Team sign-in",
                    "client_id": CLIENT_ID,
                    "secret": CLIENT_SECRET,
                    "settings": {"server_url": running.url},
                }
            ]
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": app}
        settings.OIDC_ISSUER, settings.OIDC_NAME, settings.OIDC_SIGN_UP = running.url, "Team sign-in", False
        yield running
