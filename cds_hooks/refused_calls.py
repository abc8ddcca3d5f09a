"""What is told of a call that gets an error for an answer: who called, where, and what the error is. Nothing of what was sent.

For whoever keeps an audit; a call that is answered is told by whoever answers it.
"""

from dataclasses import dataclass
from typing import Protocol

from cds_hooks.errors import CDSHooksError, ServiceError, ServiceFault

# Source: RFC 9110 9.3 and RFC 5789 (PATCH).
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """One refusal.

    client   our name for who called; "" for somebody who is not known
    method   "other" for what is none of HTTP's own: a client may put any word there
    address  as it is bound, a pattern where any address is meant: what was called may say anything
    """

    client: str
    method: str
    address: str
    status: int
    code: str


class RefusedCalls(Protocol):
    """Where refusals are kept."""

    async def keep(self, call: RefusedCall) -> None:
        """Return when it is recorded, or need not be. Raises CallNotRecorded, which is answered instead."""


class CallNotRecorded(ServiceError):
    """A call is only answered when it was recorded, and it could not be.

    retry_after  whole seconds after which a call makes sense again
    """

    code = "call-not-recorded"
    status_hint = 503
    issue_code = "no-store"
    text = "The call could not be recorded, so it is not answered."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Try again in {retry_after} s.", headers={"Retry-After": str(retry_after)})


def refused_call(error: Exception, method: str, address: str, client: str) -> RefusedCall:
    """The refusal that an error of a call is."""
    said = error if isinstance(error, CDSHooksError) else ServiceFault()
    return RefusedCall(client, method if method in _METHODS else "other", address, said.status_hint, said.code)
