"""Who calls: the signed JWT of a client, checked before anything else of the request is looked at.

A client is known beforehand, by its issuer; its keys come from where the host says, and one key is good for one algorithm. Whatever is
wrong with a token, the client hears the same 401, after the same time; the reason is in the log.
Sources: CDS Hooks 2.0, "Trusting CDS Clients"; CDS Hooks best practices; RFC 7515, 7519, 8725; threat model rows 4-9 and 28.
"""

import asyncio
import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import jwt

from cds_hooks.errors import CDSHooksError, NotAuthenticated
from cds_hooks.jwks import Keys, VerificationKey

RECOMMENDED_ALGORITHMS = ("ES384", "RS384")
LONGEST_TOKEN = 8 * 1024
LONGEST_LIFE = 3600
LONGEST_ID = 255
# Seconds by which two clocks may differ.
LEEWAY = 30
# No refusal comes sooner: how long one takes tells nothing about how far a token came.
_REFUSAL_SECONDS = 0.02
# Seconds since 1970, some thirty thousand years from now; infinite numbers are beyond it.
_FAR_AWAY = 1e12

_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)

_log = logging.getLogger("cds_hooks")


@dataclass(frozen=True, slots=True)
class TrustedClient:
    """A client that is known here.

    name        ours, for logs and for the service
    subject     what `sub` must be; "" when it is not looked at
    jku         what a `jku` header must be where a token has one; "" when none is expected
    services    the ids of the services that it may call
    lifetime    seconds between `iat` and `exp`, at most
    once        whether a token is good for one call alone
    """

    name: str
    issuer: str
    keys: Keys = field(repr=False)
    subject: str = ""
    jku: str = ""
    services: frozenset[str] = frozenset()
    algorithms: frozenset[str] = frozenset(RECOMMENDED_ALGORITHMS)
    lifetime: int = LONGEST_LIFE
    once: bool = True


class SeenTokens(Protocol):
    """Which tokens were used; shared by all that answer under one address."""

    async def is_first(self, issuer: str, jti: str, *, until: float) -> bool:
        """Note a token, and say whether it had not been seen; it is of no use after `until`, in seconds since 1970.

        Raises AuthenticationUnavailable when nobody can tell.
        """


class TokenMemory:
    """The tokens that this process has seen, as long as they are of use, and an hour more: clocks are set, and calls wait."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}
        self._tidy_at = 1024

    async def is_first(self, issuer: str, jti: str, *, until: float) -> bool:
        """Note a token, and say whether it had not been seen."""
        if len(self._until) >= self._tidy_at:
            before = self._clock() - LONGEST_LIFE
            self._until = {name: end for name, end in self._until.items() if end >= before}
            self._tidy_at = max(1024, 2 * len(self._until))
        if (issuer, jti) in self._until:
            return False
        self._until[issuer, jti] = until
        return True


class _Refused(Exception):
    """Why a token is not good; for the log alone."""


class ClientAuthentication:
    """What the router asks: which client is this?

    base_url  the public address of this service, as it was given to the clients; nothing that a request claims about it counts
    also      other addresses under which clients call it, such as one inside of a network; a token is made for exactly one of them all
    clock     seconds since 1970
    """

    def __init__(
        self,
        clients: Iterable[TrustedClient],
        *,
        base_url: str,
        seen: SeenTokens,
        clock: Callable[[], float],
        also: Iterable[str] = (),
    ) -> None:
        self._clients: dict[str, tuple[TrustedClient, ...]] = {}
        for client in clients:
            self._clients[client.issuer] = (*self._clients.get(client.issuer, ()), client)
        self._bases = tuple(dict.fromkeys(base.rstrip("/") for base in (base_url, *also)))
        self._seen = seen
        self._clock = clock

    async def authenticate(self, authorization: Sequence[str], path: str) -> TrustedClient:
        """The client whose token these Authorization fields carry, for a call of `path` below the public address.

        Raises NotAuthenticated, always the same; AuthenticationUnavailable when it cannot be told whether the token was used before.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return await self._client(authorization, [base + path for base in self._bases])
        except CDSHooksError:
            raise
        except _Refused as refused:
            _log.warning("a call of %s was refused: %s", _shown(path), refused)
        except Exception as fault:
            # What we fail to judge opens nothing, and tells no more than any other refusal.
            _log.error("a token could not be judged: %s", type(fault).__name__)
        await asyncio.sleep(max(0.0, begun + _REFUSAL_SECONDS - loop.time()))
        raise NotAuthenticated

    async def _client(self, authorization: Sequence[str], audiences: Sequence[str]) -> TrustedClient:
        token = _bearer(authorization)
        parts = _TOKEN.fullmatch(token)
        if not parts:
            raise _Refused("the token is no signed JWT")
        header, claims = _object(parts[1], "header"), _object(parts[2], "claims")
        client = self._known(claims)
        key = await _key(header, client)
        try:
            jwt.PyJWS().decode(token, key.key, algorithms=[key.algorithm])
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise _Refused(f"{client.name}: the signature is not of key {_shown(key.kid)}") from None
        until = _check_times(claims, client, self._clock())
        _check_audience(claims, client, audiences)
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_ID or not jti.isprintable():
            raise _Refused(f"{client.name}: jti must be a text of at most {LONGEST_ID} characters on one line")
        # Last of all: a token that is not good for anything else must not use up the id of one that is.
        if client.once and not await self._seen.is_first(client.issuer, jti, until=until):
            raise _Refused(f"{client.name}: the token was used before")
        return client

    def _known(self, claims: Mapping[str, Any]) -> TrustedClient:
        issuer, subject = claims.get("iss"), claims.get("sub")
        candidates = self._clients.get(issuer, ()) if isinstance(issuer, str) else ()
        if not candidates:
            raise _Refused(f"no client has the issuer {_shown(issuer)}")
        for client in candidates:
            if client.subject in ("", subject):
                return client
        # Some put a person there.
        raise _Refused(f"no client of the issuer {_shown(issuer)} has the subject of the token")


def _bearer(authorization: Sequence[str]) -> str:
    if len(authorization) != 1:
        raise _Refused("there is no token" if not authorization else "there are several Authorization fields")
    found = _BEARER.fullmatch(authorization[0]) if len(authorization[0]) <= LONGEST_TOKEN else None
    if not found:
        raise _Refused(f"Authorization is no Bearer token of at most {LONGEST_TOKEN:,} characters")
    return found[1]


def _object(part: str, what: str) -> dict[str, Any]:
    """A part of the token as the JSON object that it is; no name stands twice, for which of the two would count?"""
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode(), object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _Refused(f"the {what} of the token cannot be read") from None
    if not isinstance(found, dict):
        raise _Refused(f"the {what} of the token are no JSON object")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _no_number(_: str) -> NoReturn:
    raise ValueError("no number")


async def _key(header: Mapping[str, Any], client: TrustedClient) -> VerificationKey:
    """The key that the header names, among those of this client."""
    algorithm, kid = header.get("alg"), header.get("kid")
    if header.get("typ") != "JWT":
        raise _Refused(f"{client.name}: typ must be JWT")
    if "crit" in header or "b64" in header:
        raise _Refused(f"{client.name}: the header asks for extensions of JWS")
    if not isinstance(algorithm, str) or algorithm not in client.algorithms:
        raise _Refused(f"{client.name}: alg must be one of {', '.join(sorted(client.algorithms))}")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_ID:
        raise _Refused(f"{client.name}: there is no kid")
    # A jku that is not the configured one is neither fetched nor passed over: it shows that somebody else's set-up is at work.
    if "jku" in header and header["jku"] != (client.jku or None):
        raise _Refused(f"{client.name}: jku is not {client.jku or 'expected'}")
    for key in await client.keys.find(kid):
        if key.algorithm == algorithm:
            return key
    raise _Refused(f"{client.name}: no key {_shown(kid)} for {algorithm}")


def _check_times(claims: Mapping[str, Any], client: TrustedClient, now: float) -> float:
    """The moment after which the token is of no use here."""
    issued, expires, begins = (_moment(claims.get(name, default)) for name, default in (("iat", None), ("exp", None), ("nbf", 0)))
    if issued is None or expires is None or begins is None:
        raise _Refused(f"{client.name}: iat, exp and nbf must be seconds since 1970")
    if now > expires + LEEWAY:
        raise _Refused(f"{client.name}: the token has expired")
    if max(issued, begins) > now + LEEWAY:
        raise _Refused(f"{client.name}: the token is of the future; the clocks differ")
    if not 0 < expires - issued <= client.lifetime:
        raise _Refused(f"{client.name}: a token may be good for {client.lifetime} seconds")
    return expires + LEEWAY


def _moment(value: object) -> float | None:
    """Seconds since 1970, of which a token may also send parts; None for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _FAR_AWAY else None


def _check_audience(claims: Mapping[str, Any], client: TrustedClient, audiences: Sequence[str]) -> None:
    told = claims.get("aud")
    named = told if isinstance(told, list) else [told]
    if not all(isinstance(one, str) for one in named) or not set(audiences) & set(named):
        raise _Refused(f"{client.name}: aud is {_shown(told)}, not {' or '.join(audiences)}")


def _shown(value: object) -> str:
    """What a token says, short and on one line: the operator has to find the client that is set up wrongly."""
    return json.dumps(value, default=str)[:120]
