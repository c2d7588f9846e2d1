"""A passkey as a browser would have registered it."""

from hashlib import sha256

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from apps.accounts.models import User

HOST = "testserver"


def add_passkey(user: User, name: str) -> Authenticator:
    key = ES256.from_cryptography_key(generate_private_key(SECP256R1()).public_key())  # type: ignore[no-untyped-call]
    credential_id = sha256(name.encode()).digest()
    credential = AttestedCredentialData.create(Aaguid(bytes(16)), credential_id, key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(HOST.encode()).digest(), flags, 0, credential)
    client = CollectedClientData.create(type="webauthn.create", challenge=b"x" * 32, origin=f"https://{HOST}")
    registered = {
        "id": websafe_encode(credential_id),
        "rawId": websafe_encode(credential_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name, "credential": registered}
    )
