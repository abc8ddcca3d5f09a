"""The public keys of a client: a JWK Set read key by key, pinned, or fetched from one address and kept for a while.

Which address that is, the host decides; nothing that a token says is ever fetched.
Sources: RFC 7517 (JWK), RFC 8725 (best current practice for JWT), CDS Hooks "Trusting CDS Clients".
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ssl import SSLCertVerificationError, SSLContext
from typing import Any, Protocol

import httpcore
import httpx
import jwt

MOST_BYTES = 64 * 1024
MOST_KEYS = 100

# Seconds. After twice the first a removed key is dead; a storm of unknown keys costs one fetch in the second, or, while there are no keys,
# in the third.
FRESH = 300.0
BETWEEN_FETCHES = 30.0
BETWEEN_FIRST_FETCHES = 2.0
# A client's key server may be away as long, and its calls are still answered.
STALE = 3600.0

_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
# What the specification recommends; EHRs publish RSA keys that do not say.
RSA = "RS384"
_RSA = ("RS384", "RS256", "RS512", "PS256", "PS384", "PS512")
_SMALLEST_RSA = 2048
_SMALLEST_EXPONENT = 65537

_log = logging.getLogger("cds_hooks")


class KeysUnavailable(Exception):
    """No JWK Set came; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key, for one algorithm alone."""

    kid: str
    algorithm: str
    key: jwt.PyJWK = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys that can be used, and of the others why not, in words for the operator."""

    keys: tuple[VerificationKey, ...]
    passed_over: tuple[str, ...]

    def by_kid(self) -> dict[str, tuple[VerificationKey, ...]]:
        """The keys by their kid; two may share one when their algorithms differ."""
        found: dict[str, tuple[VerificationKey, ...]] = {}
        for key in self.keys:
            found[key.kid] = (*found.get(key.kid, ()), key)
        return found


class Keys(Protocol):
    """Where the keys of a client come from."""

    async def find(self, kid: str) -> Sequence[VerificationKey]:
        """The keys of this kid; none for a kid that is not known."""


class PinnedKeys:
    """Keys that were handed over beforehand."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys.by_kid()

    async def find(self, kid: str) -> Sequence[VerificationKey]:
        """The keys of this kid."""
        return self._keys.get(kid, ())


class FetchedKeys:
    """The keys at an address: one fetch at a time, again when they are old or a kid is unknown, the old ones while it fails.

    A call whose key is known waits for no fetch, unless nobody has asked the address for a long time.

    fetch  gives the body at an address, or raises KeysUnavailable;  clock: seconds, that never go back
    rsa    the algorithm of an RSA key that names none;  told: hears of each fetch whether it brought keys
    """

    def __init__(
        self,
        url: str,
        *,
        fetch: Callable[[str], Awaitable[bytes]],
        clock: Callable[[], float],
        rsa: str = RSA,
        told: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._url = url
        self._rsa = rsa
        self._told = told
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, tuple[VerificationKey, ...]] = {}
        self._fetched = self._tried = float("-inf")
        self._is_away = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> Sequence[VerificationKey]:
        """The keys of this kid, as the address told them at most an hour ago."""
        if self._is_due(kid) and self._fetching is None:
            self._fetching = asyncio.create_task(self._refresh())
        if self._fetching is not None and not self._will_do(kid):
            # Whoever waits no longer does not end it for the others.
            await asyncio.shield(self._fetching)
        return self._keys.get(kid, ()) if self._has_keys() else ()

    def _has_keys(self) -> bool:
        return self._clock() - self._fetched < STALE

    def _will_do(self, kid: str) -> bool:
        """Whether the key that is known may be used while newer ones are on their way; while the address is away, until they are stale."""
        return self._has_keys() and kid in self._keys and (self._is_away or self._clock() - self._fetched < 2 * FRESH)

    def _is_due(self, kid: str) -> bool:
        now = self._clock()
        wait = BETWEEN_FETCHES if self._has_keys() else BETWEEN_FIRST_FETCHES
        return now - self._tried >= wait and (now - self._fetched >= FRESH or kid not in self._keys)

    async def _refresh(self) -> None:
        try:
            found = read_key_set(await self._fetch(self._url), rsa=self._rsa)
            for problem in found.passed_over:
                _log.warning("a key at %s is not used: %s", self._url, problem)
            self._keys, self._fetched, self._is_away = found.by_kid(), self._clock(), False
        except KeysUnavailable as failed:
            self._is_away = True
            _log.error("keys not fetched from %s: %s", self._url, failed)
        finally:
            self._tried, self._fetching = self._clock(), None
            self._told(not self._is_away)


async def fetch_key_set(url: str, *, seconds: float = 2.0, tls: SSLContext | None = None) -> bytes:
    """The body at an address, whole and in time; no redirect is followed, no proxy or password of the environment is used.

    tls  how the address proves itself; without it, by the authorities of this machine and of Mozilla. Raises KeysUnavailable.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(trust_env=False, follow_redirects=False, verify=tls or httpcore.default_ssl_context()) as client,
            client.stream("GET", url, headers={"Accept": "application/json", "Accept-Encoding": "identity"}) as response,
        ):
            if response.status_code != 200:
                raise KeysUnavailable(f"the answer was {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise KeysUnavailable("the answer is compressed")
            body = b""
            async for part in response.aiter_raw():
                body += part
                if len(body) > MOST_BYTES:
                    raise KeysUnavailable(f"the answer is larger than {MOST_BYTES:,} bytes")
            return body
    except TimeoutError:
        raise KeysUnavailable(f"no whole answer within {seconds:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as failed:
        # The name of the failure, and of a certificate what is wrong with it: that tells the operator which authority is missing.
        told = next((str(cause) for cause in _causes(failed) if isinstance(cause, SSLCertVerificationError)), "")
        raise KeysUnavailable(f"{type(failed).__name__} {told}".rstrip()) from None


def _causes(failed: BaseException | None) -> Iterator[BaseException]:
    while failed is not None:
        yield failed
        failed = failed.__cause__ or failed.__context__


def read_key_set(body: bytes, *, rsa: str = RSA) -> KeySet:
    """The keys of a JWK Set, each judged by itself: one bad key does not cost its neighbours. Raises KeysUnavailable."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise KeysUnavailable("it is no JSON") from None
    listed = sent.get("keys") if isinstance(sent, dict) else None
    if not isinstance(listed, list):
        raise KeysUnavailable("it is no JWK Set: an object with an array `keys`")
    keys: list[VerificationKey] = []
    passed_over: list[str] = []
    for number, jwk in enumerate(listed[:MOST_KEYS], start=1):
        problem = next(_problems(jwk, rsa), "") if isinstance(jwk, dict) else "it is no object"
        key = None if problem else _key(jwk, rsa)
        if key is None:
            passed_over.append(f"key {number}: {problem or 'it cannot be read'}")
        elif any((key.kid, key.algorithm) == (other.kid, other.algorithm) for other in keys):
            passed_over.append(f"key {number}: another key has its kid and its algorithm")
        else:
            keys.append(key)
    if len(listed) > MOST_KEYS:
        passed_over.append(f"{len(listed) - MOST_KEYS} keys after the first {MOST_KEYS}")
    return KeySet(tuple(keys), tuple(passed_over))


def _problems(jwk: Mapping[str, Any], rsa: str) -> Iterator[str]:
    """Why a key is not used, before it is read."""
    if jwk.get("kty") == "oct" or "d" in jwk or "k" in jwk:
        yield "it is secret, and is published: its owner has to know"
    if not isinstance(jwk.get("kid"), str) or not jwk["kid"]:
        yield "it has no kid"
    operations = jwk.get("key_ops")
    if jwk.get("use") not in (None, "sig") or not (operations is None or (isinstance(operations, list) and "verify" in operations)):
        yield "it is not for signatures"
    if not _algorithm(jwk, rsa):
        yield "its kind, curve and algorithm do not go together, or are none that is used here"


def _algorithm(jwk: Mapping[str, Any], rsa: str) -> str:
    """The one algorithm of a key; "" for none."""
    named = jwk.get("alg")
    if jwk.get("kty") == "EC":
        by_curve = _CURVES.get(str(jwk.get("crv")), "")
        return by_curve if named in (None, by_curve) else ""
    if jwk.get("kty") == "RSA":
        return rsa if named is None else named if named in _RSA else ""
    return ""


def _key(jwk: Mapping[str, Any], rsa: str) -> VerificationKey | None:
    """The key; None for one that is no point on its curve, too small, or not to be read."""
    algorithm = _algorithm(jwk, rsa)
    try:
        key = jwt.PyJWK(dict(jwk), algorithm=algorithm)
        if jwk["kty"] == "RSA" and (key.key.key_size < _SMALLEST_RSA or key.key.public_numbers().e < _SMALLEST_EXPONENT):
            return None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return VerificationKey(jwk["kid"], algorithm, key)
