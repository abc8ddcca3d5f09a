"""The outermost layer of the application: it sees every call begin and end, and tells the log and the metrics what came of it.

Plain ASGI. A call is told by the address that it is bound to, never by the one that was asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cds_hooks.router import CLIENT
from cds_hooks.transport import ERROR, Application, Message, Receive, Scope, Send
from service.telemetry.logs import log_of
from service.telemetry.metrics import EVERYBODY, NOBODY_KNOWN, Metrics
from service.telemetry.note import Note, noting

_log = log_of("service.calls")
_CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Address:
    """What is called at an address: discovery, hook or feedback, and the hook that its service answers."""

    call: str
    hook: str = ""


def addresses_of(services: Mapping[str, str]) -> dict[str, Address]:
    """The addresses of the protocol for these services: id -> hook."""
    own = {f"/cds-services/{id_}": Address("hook", hook) for id_, hook in services.items()}
    told = {f"/cds-services/{id_}/feedback": Address("feedback", hook) for id_, hook in services.items()}
    return {"/cds-services": Address("discovery"), **own, **told}


def watch_calls(
    app: Application,
    *,
    addresses: Mapping[str, Address],
    metrics: Metrics,
    ticks: Callable[[], float],
    draining: Callable[[], bool],
    authenticated: bool,
) -> Application:
    """The application with a line in the log and numbers for each call.

    ticks          seconds that only go forward
    draining       whether the process is about to end; connections are then closed with their answers, so that clients turn elsewhere
    authenticated  whether clients have names
    """

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        note, status, address = Note(ticks, ticks()), 0, addresses.get(scope["path"])

        async def received() -> Message:
            begun = ticks()
            try:
                return await receive()
            finally:
                note.receiving += ticks() - begun

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if draining():
                    message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
            await send(message)

        with noting(note):
            try:
                await app(scope, received, sent)
            finally:
                # Nobody heard of a call that was given up before its answer began.
                status, code = status or 500, scope.get(ERROR, "" if status else "given-up")
                if address is None:
                    metrics.add_page(status)
                else:
                    client = scope.get(CLIENT) or (NOBODY_KNOWN if authenticated else EVERYBODY)
                    _tell(address, scope["method"], client, status, code, note, metrics)

    return watched


def _tell(address: Address, method: str, client: str, status: int, code: str, note: Note, metrics: Metrics) -> None:
    seconds = note.ticks() - note.begun
    metrics.add_call(address.call, address.hook, client, status, code, seconds, note)
    decided = note.decided
    _log.info(
        "call",
        call=address.call,
        # Any word may stand in the place of a method.
        method=method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other",
        client=client,
        status=status,
        ms=_ms(seconds),
        **({"hook": address.hook} if address.hook else {}),
        **({"code": code} if code else {}),
        **({"cards": int(bool(decided.kind)), "shown": decided.outcome != "shadow"} if decided and not code else {}),
        **({"silence": decided.rule} if decided and decided.rule else {}),
        **({"degraded": True} if note.degraded else {}),
        **({"fetched": "; ".join(f"{key} {words}" for key, (_, words) in note.fetched.items())} if note.fetched else {}),
        **({"unread": sorted(note.unread)} if note.unread else {}),
        **({"items": sum(note.feedback.values()), "stored": note.stored} if note.feedback else {}),
        **({"parts": {part: _ms(took) for part, took in note.parts.items()}} if note.parts else {}),
    )


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)
