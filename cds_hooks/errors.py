"""Everything that can go wrong in a CDS Hooks exchange, and how it is told to the client.

    CDSHooksError
      ClientError                the request is wrong, or the set-up of the client that sent it
        MalformedRequest         400  malformed-request
        HookNotServed            400  hook-not-served
        NotAuthenticated         401  not-authenticated
        NotEntitled              403  not-entitled
        UnknownService           404  unknown-service
        MethodNotAllowed         405  method-not-allowed
        ReceiveTimeout           408  receive-timeout
        PrefetchUnavailable      412  prefetch-unavailable
        ForeignPatient           412  foreign-patient
        PayloadTooLarge          413  payload-too-large
        UnsupportedMedia         415  unsupported-media
        TooMuchFeedback          429  too-much-feedback (feedback.py)
      ServiceError               the request is fine; we are not
        ServiceFault             500  service-fault
        Overloaded               503  overloaded
        FeedbackNotStored        503  feedback-not-stored
        CallNotRecorded          503  call-not-recorded (refused_calls.py)
        AuthenticationUnavailable  503  authentication-unavailable
        InvalidService           raised at start only: a service as described cannot be hosted

An error is never an empty card list: silence means "looked, and found nothing to say".
A message names our own words only (fields of the specification, prefetch keys of the service). It never repeats what the
client sent, because that may be about a patient.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class CDSHooksError(Exception):
    """What every error of an exchange carries.

    code         stable name for logs, documentation and `details.coding`; never given to another error
    status_hint  the HTTP status it deserves
    issue_code   its FHIR IssueType, https://hl7.org/fhir/R4/valueset-issue-type.html
    text         the kind of error, in a sentence for people
    diagnostics  what it was this time, and what would have helped
    headers      HTTP fields that belong to the answer
    """

    code: ClassVar[str]
    status_hint: ClassVar[int]
    issue_code: ClassVar[str]
    text: ClassVar[str]

    def __init__(self, diagnostics: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics
        self.headers: Mapping[str, str] = dict(headers or {})


class ClientError(CDSHooksError):
    """The request is wrong, or the set-up of the client that sent it."""


class MalformedRequest(ClientError):
    """The body is not a request of the specification; the diagnostics name the field."""

    code = "malformed-request"
    status_hint = 400
    issue_code = "structure"
    text = "The request is not a CDS Hooks request."


class HookNotServed(ClientError):
    """The service exists, but not for the hook in the body. Another hook's cards would be cards for another question."""

    code = "hook-not-served"
    status_hint = 400
    issue_code = "not-supported"
    text = "This service does not answer that hook."


class NotAuthenticated(ClientError):
    """Nobody whom we know has signed this call. Never says why: whoever tries tokens would learn from it. The log does."""

    code = "not-authenticated"
    status_hint = 401
    issue_code = "login"
    text = "The call is not signed by a client that is known here."

    def __init__(self) -> None:
        super().__init__(
            "Send Authorization: Bearer with a JWT as of CDS Hooks, Trusting CDS Clients, that is made for this very address. "
            "The operator of the service finds the reason in its log.",
            headers={"WWW-Authenticate": "Bearer"},
        )


class NotEntitled(ClientError):
    """The client is known, and this service is not for it."""

    code = "not-entitled"
    status_hint = 403
    issue_code = "forbidden"
    text = "This client may not call this service."

    def __init__(self) -> None:
        super().__init__("The services that it may call are listed at /cds-services; the operator of the service decides which they are.")


class UnknownService(ClientError):
    """Nothing is hosted at this address."""

    code = "unknown-service"
    status_hint = 404
    issue_code = "not-found"
    text = "Nothing is served at this address."

    def __init__(self, diagnostics: str = "The services and their ids are listed at /cds-services.") -> None:
        super().__init__(diagnostics)


class MethodNotAllowed(ClientError):
    """The address exists, but not for this method.

    allowed  the methods that it knows
    """

    code = "method-not-allowed"
    status_hint = 405
    issue_code = "not-supported"
    text = "This address does not answer that method."

    def __init__(self, allowed: Sequence[str]) -> None:
        methods = ", ".join(allowed)
        super().__init__(f"Methods of this address: {methods}.", headers={"Allow": methods})


class ReceiveTimeout(ClientError):
    """The body did not arrive in time. The connection is closed: what is still on its way belongs to no request."""

    code = "receive-timeout"
    status_hint = 408
    issue_code = "timeout"
    text = "The body of the request took too long to arrive."

    def __init__(self, seconds: float) -> None:
        super().__init__(f"A body has {seconds:g} seconds to arrive.", headers={"Connection": "close"})


class PrefetchUnavailable(ClientError):
    """Data that the service cannot do without was not prefetched and cannot be fetched. Source: CDS Hooks, "Prefetch Template".

    missing     keys that the request does not hold;  unreadable: with an OperationOutcome, or something that is no FHIR data
    otherwise   what else became of keys that were not read, in words, and these keys
    because     for keys that could not be fetched, why, in sentences that hold nothing of the client's
    """

    code = "prefetch-unavailable"
    status_hint = 412
    issue_code = "incomplete"
    text = "Data that this service needs could not be read."

    def __init__(
        self,
        missing: Sequence[str],
        *,
        unreadable: Sequence[str] = (),
        otherwise: Mapping[str, Sequence[str]] | None = None,
        because: Mapping[str, str] | None = None,
    ) -> None:
        groups = {"not sent": missing, "sent but not readable": unreadable, **(otherwise or {})}
        told = "; ".join(f"{what}: {', '.join(keys)}" for what, keys in groups.items() if keys)
        why = [f"Fetching {key}: {says}" for key, says in (because or {}).items()]
        super().__init__(" ".join((f"Needed prefetch keys {told}. Prefetch them as the templates at /cds-services ask.", *why)))


class ForeignPatient(ClientError):
    """The request is about one patient and brings data of another: no part of it can be trusted.

    keys  the prefetch keys that hold them, or draftOrders
    """

    code = "foreign-patient"
    status_hint = 412
    issue_code = "business-rule"
    text = "The request holds data of another patient than the one it is about."

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"A resource of another patient than context.patientId lies in: {', '.join(keys)}.")


class PayloadTooLarge(ClientError):
    """The request is larger than we read. The connection is closed: the rest of the body is not received."""

    code = "payload-too-large"
    status_hint = 413
    issue_code = "too-long"
    text = "The request is too large."

    def __init__(self, diagnostics: str) -> None:
        super().__init__(diagnostics, headers={"Connection": "close"})


class UnsupportedMedia(ClientError):
    """The body is no JSON, or is compressed.

    Source: RFC 9110 15.5.16; the header says which of the two would have been understood.
    """

    code = "unsupported-media"
    status_hint = 415
    issue_code = "not-supported"
    text = "The body has a media type or a coding that is not read here."


class ServiceError(CDSHooksError):
    """The request is fine; we are not."""


class ServiceFault(ServiceError):
    """We failed. Said as such, so that nobody takes the missing card for an answer."""

    code = "service-fault"
    status_hint = 500
    issue_code = "exception"
    text = "The service failed; this call has no clinical answer."

    def __init__(self, diagnostics: str = "The fault is in the service and was logged there.") -> None:
        super().__init__(diagnostics)


class Overloaded(ServiceError):
    """More calls are in work than we can answer in time.

    retry_after  whole seconds after which a call makes sense again
    """

    code = "overloaded"
    status_hint = 503
    issue_code = "throttled"
    text = "The service is busy."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Try again in {retry_after} s.", headers={"Retry-After": str(retry_after)})


class FeedbackNotStored(ServiceError):
    """Feedback came and could not be kept. Said as such: a client that hears 200 forgets it.

    retry_after  whole seconds after which a call makes sense again
    """

    code = "feedback-not-stored"
    status_hint = 503
    issue_code = "no-store"
    text = "The feedback was not stored."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(
            f"Send the same body again in {retry_after} s; what is sent twice is stored once.", headers={"Retry-After": str(retry_after)}
        )


class AuthenticationUnavailable(ServiceError):
    """Nobody can tell whether a token was used before. Answered as our fault: to let it pass would open the door to copies.

    retry_after  whole seconds after which a call makes sense again
    """

    code = "authentication-unavailable"
    status_hint = 503
    issue_code = "transient"
    text = "The call could not be authenticated now."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Try again in {retry_after} s, with a new token.", headers={"Retry-After": str(retry_after)})


class InvalidService(ServiceError):
    """A service as described cannot be hosted. Raised at start, with every problem at once, for the author of the service."""

    code = "invalid-service"
    status_hint = 500
    issue_code = "invariant"
    text = "A CDS Service is described wrongly."

    def __init__(self, service: str, problems: Sequence[str]) -> None:
        super().__init__("\n  ".join((f"{service}:", *problems)))
        self.problems = tuple(problems)


def operation_outcome(error: CDSHooksError) -> dict[str, object]:
    """The error as a FHIR OperationOutcome: one issue, without anything that the client sent.

    Source: CDS Hooks 3.0.0-ballot: a service SHOULD return an OperationOutcome when it does not return cards.
    """
    issue = {
        "severity": "error",
        "code": error.issue_code,
        "details": {"coding": [{"code": error.code}], "text": error.text},
        "diagnostics": error.diagnostics,
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}
