"""A client in words, as the operator who wrote its table reads it back."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cds_hooks.jwks import KeySet
from service.clients.load import KnownClient
from service.local_codes import LocalCodes
from service.speech import OrderCode, Speech

_MODES = {"on": "on", "shadow": "shadow: charts are read, no card is shown", "off": "OFF: its calls are refused"}
_DIALECTS = {
    "generic": "as the specification has them",
    "v3": "as the specification has them, with what its version 3 adds",
    "epic": "one action in each suggestion, any of them may be accepted, orders by the site's codes",
    "oracle": "short text that stands alone",
    "sandbox": "as the public sandbox can draw them",
}
_WRITES = {
    "full": "an accepted suggestion may write examination findings and draft orders",
    "orders": "an accepted suggestion may draft an order; findings are recorded by hand",
    "text": "nothing can be accepted: steps to take, and a line for the note",
}


def describe(client: KnownClient, undrafted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the tables of a client come to, as (about what, in words).

    undrafted  our orders for which no draft of its is made
    """
    told = client.described
    yield "mode", _MODES[told.mode]
    if told.shadow_cards and told.mode == "on":
        yield "", f"no card of these kinds is shown: {', '.join(told.shadow_cards)}"
    yield "tokens", f"of the issuer {told.issuer}" + (f" and the subject {told.subject}" if told.subject else ", of any subject")
    once = "for one call" if told.replay == "strict" else "as often as it is sent (replay = off)"
    yield "", f"signed with {' or '.join(told.algorithms)}; good {once}, for {told.lifetime_s} s at most"
    yield "keys", f"in {told.jwks_file}: {in_words(client.pinned)}" if client.pinned else f"fetched from {told.jwks_url}"
    if client.pinned:
        yield "", f"a jku in its tokens must be {told.jwks_url}" if told.jwks_url else "a token with a jku is refused: jwks_url is not set"
    yield "services", ", ".join(told.services) or "all that are offered"
    yield "FHIR", ", ".join(told.fhir_servers) or "no server may be asked: what is not prefetched is not known"
    if told.fhir_networks:
        yield "", f"which may lie in the networks {', '.join(told.fhir_networks)}"
    if told.deadline_s:
        yield "", f"a call may take {told.deadline_s:g} s, what is fetched included"
    yield "cards", f"{told.dialect}: {_DIALECTS[told.dialect]}"
    yield from (("", sentence) for sentence in _writes(client.speech, undrafted))
    if client.local:
        yield "charts", _local(client.local)
    if told.origins:
        yield "browsers", f"pages of {', '.join(told.origins)} may call"


def in_words(keys: KeySet) -> str:
    """The keys of a set, and which of them are of no use."""
    named = ", ".join(f"{key.kid} ({key.algorithm})" for key in keys.keys) or "no key that can be used"
    return "; ".join((named, *(f"passed over: {problem}" for problem in keys.passed_over)))


def _writes(speech: Speech, undrafted: Sequence[str]) -> Iterator[str]:
    yield _WRITES[speech.writes]
    if speech.writes == "text":
        return
    codes = "; ".join(_code(row) for row in speech.order_codes)
    if codes:
        yield f"orders are drafted with the intent {speech.order_intent} and the site's codes: {codes}"
    elif undrafted:
        yield "no order is drafted: one is found by the site's code alone, and no code_map names any"
    else:
        yield f"orders are drafted with the intent {speech.order_intent} and our codes"
    if undrafted:
        yield f"without a code, and so never drafted: {', '.join(undrafted)}"
    if speech.combined_attestation:
        yield "one click may record a point and draft the block of it"


def _local(local: LocalCodes) -> str:
    """How many codes of the charts are known, and as what."""
    rows = len(local.rows)
    meant = Counter(name for row in local.rows for name in row.means)
    named = [f"{name} ({count})" if count > 1 else name for name, count in sorted(meant.items())]
    standard = sum(row.same_as is not None for row in local.rows)
    beside = [f"{standard} with a standard code beside {'it' if standard == 1 else 'them'}"] if standard else []
    return f"{rows} code{'s' if rows > 1 else ''} of the site {'are' if rows > 1 else 'is'} read: {', '.join((*named, *beside))}"


def _code(row: OrderCode) -> str:
    return f"{row.ours}{f' {row.side}' if row.side else ''} is {row.code}"
