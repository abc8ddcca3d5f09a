"""Tokens of all kinds, for a call of discovery by the client of `signing`: those that are good, and every way in which one is not."""

import hashlib
import hmac
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from jwt.utils import base64url_decode, der_to_raw_signature, raw_to_der_signature

from tests.cds_hooks.signing import BASE, ISSUER, JKU, LATER, NOW, claims, coded, ec_key, header, published, rsa_key, token

GOOD = {
    "ES384": token(),
    "RS384": token(header(alg="RS384", kid="rsa"), key=rsa_key()),
    "aud a list": token(body=claims(aud=["https://elsewhere.example.org", f"{BASE}/cds-services"])),
    "without a jku": token(header(jku=None)),
    "header with more": token(header(x5t="x", cty="JWT")),
    "header with keys that nobody looks at": token(
        header(jwk=published(ec_key(number=9), "ec"), x5u="https://evil.example.org", x5c=["MII"])
    ),
    "claims with more": token(body=claims(tenant="t", scope="x", extension={"a": 1})),
    "begun five minutes ago": token(body=claims(nbf=NOW - 300)),
    "our clock behind": token(body=claims(iat=NOW + 20, exp=NOW + 200)),
    "just expired": token(body=claims(iat=NOW - 200, exp=NOW - 20)),
    "an hour": token(body=claims(exp=NOW + 3600)),
    "parts of seconds": token(body=claims(iat=NOW - 0.25, exp=NOW + 60.5)),
    "long jti": token(body=claims(jti="j" * 255)),
    "of another client": token(header(jku=None), claims(iss="https://pinned.example.org", sub="anybody")),
    "of a client that says no subject": token(header(jku=None), claims(iss="https://pinned.example.org", sub=None)),
}


def twin(whole):
    """The token with the other signature that ECDSA lets anybody make of one."""
    signed, _, signature = whole.rpartition(".")
    order = int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16)
    first, second = decode_dss_signature(raw_to_der_signature(base64url_decode(signature), ec_key().curve))
    return f"{signed}.{coded(der_to_raw_signature(encode_dss_signature(first, order - second), ec_key().curve))}"


def in_der(whole):
    """The token with its signature as certificates write one."""
    signed, _, signature = whole.rpartition(".")
    return f"{signed}.{coded(raw_to_der_signature(base64url_decode(signature), ec_key().curve))}"


def unsigned(alg, signature=""):
    return f"{coded(header(alg=alg))}.{coded(claims())}.{signature}"


def raw(head=None, body=None):
    """A token whose parts are these bytes, signed all the same."""
    return token(json.dumps(header()).encode() if head is None else head, claims() if body is None else body, algorithm="ES384")


def pem():
    return rsa_key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def confused(alg):
    """An HMAC made with the public key."""
    signed = f"{coded(header(alg=alg, kid='rsa'))}.{coded(claims())}"
    return f"{signed}.{coded(hmac.new(pem(), signed.encode(), getattr(hashlib, f'sha{alg[2:]}')).digest())}"


HOSTILE = {
    "nothing": "",
    "no token": "x",
    "two parts": "a.b",
    "four parts": f"{token()}.x",
    "encrypted": "a.b.c.d.e",
    "a line break": f"{token()}%0A",
    "padding": f"{token()}=",
    "another alphabet": token().replace("_", "/").replace("-", "+") + "+",
    "nine kilobytes": token(body=claims(much="x" * 9000)),
    "signature cut": token()[:-4],
    "signature empty": token().rpartition(".")[0] + ".",
    "signature zero": f"{token().rpartition('.')[0]}.{coded(bytes(96))}",
    "signature as DER": in_der(token()),
    "signature of another token": f"{token().rpartition('.')[0]}.{token(body=claims(jti='other')).rpartition('.')[2]}",
    "claims of another token": ".".join((token().split(".")[0], token(body=claims(jti="other")).split(".")[1], token().split(".")[2])),
    "another key": token(key=ec_key(number=2)),
    "another key in its header": token(header(jwk=published(ec_key(number=2), "ec")), key=ec_key(number=2)),
    **{f"alg {alg}": unsigned(alg) for alg in ("none", "None", "NONE", "nOnE", "", "HS256")},
    **{f"alg {alg} signed": unsigned(alg, coded(b"x")) for alg in ("none", "None", "ES385", "A128KW", "dir")},
    **{f"alg of type {type(alg).__name__}": token(header(alg=alg), algorithm="ES384") for alg in (7, True, ["ES384"], {"ES384": 1})},
    "alg absent": token(header(alg=None), algorithm="ES384"),
    "alg in small letters": token(header(alg="es384"), algorithm="ES384"),
    **{f"HMAC with the public key, {alg}": confused(alg) for alg in ("HS256", "HS384", "HS512")},
    "RS256 by an RS384 key": token(header(alg="RS256", kid="rsa"), key=rsa_key()),
    "PS384 by an RS384 key": token(header(alg="PS384", kid="rsa"), key=rsa_key()),
    "RS384 in the header, RS256 in truth": token(header(alg="RS384", kid="rsa"), key=rsa_key(), algorithm="RS256"),
    "ES256 where it is not allowed": token(header(alg="ES256", kid="p256"), key=ec_key("P-256")),
    "ES384 in the header, P-256 in truth": token(header(kid="p256"), key=ec_key("P-256"), algorithm="ES256"),
    "RS384 with the kid of an EC key": token(header(alg="RS384"), key=rsa_key()),
    "kid absent": token(header(kid=None)),
    "kid empty": token(header(kid="")),
    "kid unknown": token(header(kid="nobody")),
    "kid a number": token(header(kid=7)),
    "kid a list": token(header(kid=["ec"])),
    "kid a path": token(header(kid="../../etc/passwd")),
    "kid a query": token(header(kid="ec' OR '1'='1")),
    "kid endless": token(header(kid="k" * 300)),
    "kid with a NUL": token(header(kid="ec\0")),
    "typ absent": token(header(typ=None)),
    "typ of an access token": token(header(typ="at+jwt")),
    "typ a list": token(header(typ=["JWT"])),
    "crit": token(header(crit=["exp"])),
    "crit empty": token(header(crit=[])),
    "crit unknown": token(header(crit=["x"], x=1)),
    "b64": token(header(b64=True)),
    "b64 and crit": token(header(b64=False, crit=["b64"])),
    "jku elsewhere": token(header(jku="https://evil.example.org/jwks.json")),
    "jku nearly": token(header(jku=f"{JKU}/")),
    "jku with a user": token(header(jku=JKU.replace("https://", "https://x@"))),
    "jku inside": token(header(jku="http://127.0.0.1:9/jwks.json")),
    "jku a file": token(header(jku="file:///etc/passwd")),
    "jku empty": token(header(jku="")),
    "jku a list": token(header(jku=[JKU])),
    "jku where none is expected": token(header(), claims(iss="https://pinned.example.org")),
    "header a list": raw([1]),
    "header null": raw(b"null"),
    "header no JSON": raw(b"{alg:ES384}"),
    "header not UTF-8": raw(b'{"alg":"ES384","typ":"JWT","kid":"ec\xff"}'),
    "header with alg twice": raw(b'{"alg":"ES384","alg":"ES384","typ":"JWT","kid":"ec"}'),
    "header with NaN": raw(b'{"alg":"ES384","typ":"JWT","kid":"ec","x":NaN}'),
    "header endless": raw(b'{"alg":"ES384","typ":"JWT","kid":"ec","x":' + b"[" * 2000 + b"]" * 2000 + b"}"),
    "claims a text": raw(body=b'"x"'),
    "claims no JSON": raw(body=b"<x/>"),
    "claims endless": raw(body=b"[" * 5000),
    "claims with iss twice": raw(body=json.dumps(claims()).replace('"iss"', '"iss": "x", "iss"', 1).encode()),
    "claims with aud twice": raw(body=json.dumps(claims()).replace('"aud"', '"aud": "x", "aud"', 1).encode()),
    "claims in UTF-16": raw(body=json.dumps(claims()).encode("utf-16")),
    "claims with a byte order mark": raw(body=b"\xef\xbb\xbf" + json.dumps(claims()).encode()),
    "claims with half a surrogate": raw(body=json.dumps(claims(jti="X")).replace('"X"', '"\\ud800"').encode()),
    **{f"{name} absent": token(body=claims(**{name: None})) for name in ("iss", "aud", "exp", "iat", "jti", "sub")},
    **{f"{name} empty": token(body=claims(**{name: ""})) for name in ("iss", "aud", "exp", "iat", "jti", "sub")},
    **{f"{name} a list": token(body=claims(**{name: [1]})) for name in ("iss", "aud", "exp", "iat", "jti", "sub")},
    **{f"{name} true": token(body=claims(**{name: True})) for name in ("iss", "aud", "exp", "iat", "jti", "nbf", "sub")},
    **{f"{name} an object": token(body=claims(**{name: {}})) for name in ("iss", "aud", "exp", "iat", "jti", "nbf", "sub")},
    **{
        f"{name} null": raw(body=json.dumps({**claims(), name: None}).encode())
        for name in ("iss", "aud", "exp", "iat", "jti", "nbf", "sub")
    },
    "iss of somebody else": token(body=claims(iss="https://evil.example.org")),
    "iss nearly": token(body=claims(iss=f"{ISSUER}/")),
    "iss in capitals": token(body=claims(iss=ISSUER.upper())),
    "sub of somebody else": token(body=claims(sub="cds-client-8")),
    "aud the service": token(body=claims("/cds-services/interpreter")),
    "aud the base": token(body=claims(aud=BASE)),
    "aud with a slash": token(body=claims(aud=f"{BASE}/cds-services/")),
    "aud by http": token(body=claims(aud=f"{BASE}/cds-services".replace("https", "http"))),
    "aud in capitals": token(body=claims(aud=f"{BASE}/cds-services".upper())),
    "aud with a port": token(body=claims(aud="https://cds.example.org:443/cluneal/cds-services")),
    "aud as the Host says": token(body=claims(aud="http://inside:8000/cds-services")),
    "aud of another host": token(body=claims(aud="https://evil.example.org/cluneal/cds-services")),
    "aud a list of nothing": token(body=claims(aud=[])),
    "aud a list of lists": token(body=claims(aud=[[f"{BASE}/cds-services"]])),
    "aud a list with a number": token(body=claims(aud=[f"{BASE}/cds-services", 7])),
    "expired": token(body=claims(iat=NOW - 400, exp=NOW - 100)),
    "expired long ago": token(body=claims(iat=1, exp=100)),
    "of tomorrow": token(body=claims(iat=NOW + 86_400, exp=NOW + 86_700)),
    "of the next minute": token(body=claims(iat=NOW + 61)),
    "not yet begun": token(body=claims(nbf=NOW + 61)),
    "good for ten years": token(body=claims(exp=NOW + 315_360_000)),
    "good for more than an hour": token(body=claims(exp=NOW + 3601)),
    "made long ago": token(body=claims(iat=NOW - 86_400)),
    "ends before it begins": token(body=claims(iat=NOW + 10, exp=NOW + 5)),
    "exp a text": token(body=claims(exp=str(NOW + LATER))),
    "exp of 400 digits": raw(body=json.dumps(claims()).replace(str(NOW + LATER), "9" * 400).encode()),
    "exp out of range": raw(body=json.dumps(claims()).replace(str(NOW + LATER), "1e400").encode()),
    "exp NaN": raw(body=json.dumps(claims()).replace(str(NOW + LATER), "NaN").encode()),
    "exp negative": token(body=claims(exp=-1)),
    "jti endless": token(body=claims(jti="j" * 256)),
    "jti a number": token(body=claims(jti=1)),
    "jti with a line break": token(body=claims(jti="a\nb")),
    "jti with a NUL": token(body=claims(jti="a\0b")),
    "longer than this client may": token(header(jku=None), claims(iss="https://short.example.org", exp=NOW + 61)),
    "an algorithm that is not this client's": token(header(jku=None), claims(iss="https://other.example.org")),
    "a subject that is neither of two": token(header(jku=None), claims(iss="https://shared.example.org", sub="three")),
}
