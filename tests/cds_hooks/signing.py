"""An EHR that signs its calls: keys, what it publishes of them, and tokens of which a test replaces any part."""

import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt import algorithms

NOW = 1_795_000_000
BASE = "https://cds.example.org/cluneal"
ISSUER = "https://fhir.ehr.example.org/r4"
JKU = "https://fhir.ehr.example.org/jwks.json"
SUBJECT = "cds-client-7"
LATER = 300

_SIGNED = algorithms.get_default_algorithms()
_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@cache
def ec_key(curve: str = "P-384", number: int = 1) -> Any:
    """A key on a curve; another number, another key."""
    return ec.generate_private_key(_CURVES[curve])


@cache
def rsa_key(bits: int = 2048, exponent: int = 65537) -> Any:
    """An RSA key."""
    return rsa.generate_private_key(exponent, bits)


def published(key: Any, name: str, /, **changes: Any) -> dict[str, Any]:
    """The public half as a JWK with this kid; a member set to None is left out."""
    kind = algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else algorithms.ECAlgorithm
    jwk = {**kind.to_jwk(key.public_key(), as_dict=True), "key_ops": None, "kid": name, **changes}
    return {member: value for member, value in jwk.items() if value is not None}


def key_set(*keys: dict[str, Any]) -> bytes:
    """A JWK Set."""
    return json.dumps({"keys": keys}).encode()


def coded(part: Any) -> str:
    """A part of a token: JSON, or bytes as they are."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(path: str = "/cds-services", **changes: Any) -> dict[str, Any]:
    """What an honest token says for a call of a path; a claim set to None is left out."""
    honest = {"iss": ISSUER, "sub": SUBJECT, "aud": BASE + path, "iat": NOW, "exp": NOW + LATER, "jti": "token-1"}
    return {name: value for name, value in {**honest, **changes}.items() if value is not None}


def header(**changes: Any) -> dict[str, Any]:
    """The header of an honest token; a member set to None is left out."""
    honest = {"alg": "ES384", "typ": "JWT", "kid": "ec", "jku": JKU}
    return {name: value for name, value in {**honest, **changes}.items() if value is not None}


def token(head: Any = None, body: Any = None, *, key: Any = None, algorithm: str = "") -> str:
    """A token of these parts, signed with the key, by what its header says unless another algorithm is named."""
    head = header() if head is None else head
    signed = f"{coded(head)}.{coded(claims() if body is None else body)}"
    name = algorithm or head["alg"]
    method = _SIGNED[name]
    return f"{signed}.{coded(method.sign(signed.encode(), method.prepare_key(ec_key() if key is None else key)))}"
