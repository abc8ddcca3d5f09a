"""The request of a client, from bytes to values.

Reads: the raw body.  Gives: a HookRequest whose prefetch values are still raw JSON, for the service to read one resource at a time.
Only what a service uses is looked at: unknown members and vendors' `extension` objects never cost a call.
Source: CDS Hooks, "Calling a CDS Service", https://cds-hooks.hl7.org/2.0/#calling-a-cds-service.
"""

import codecs
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from cds_hooks.errors import HookNotServed, MalformedRequest, PayloadTooLarge
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import HookContext

# No request comes near; a body of nothing but names would otherwise hold the process for seconds.
MOST_MEMBERS = 1_000

_NO_OBJECT = b"null"
_PIECE = 1024 * 1024
_utf_8 = codecs.getincrementaldecoder("utf-8")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """Leave to read from the client's FHIR server. Lives as long as the request; never logged, stored or sent elsewhere.

    expires_in  seconds
    """

    access_token: str = field(repr=False)
    token_type: str
    expires_in: int | None
    scope: str | None
    subject: str | None
    patient: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One question of a client. What may be about a patient is kept out of `repr()`.

    prefetch            a key that is absent was not sent; None is JSON null, the client's answer "there is none"
    fhir_authorization  only together with fhir_server
    client              who asks, by our name for it; "" where clients are not authenticated
    """

    hook: str
    hook_instance: str
    context: HookContext = field(repr=False)
    prefetch: Mapping[str, msgspec.Raw | None] = field(repr=False)
    fhir_server: str | None
    fhir_authorization: FhirAuthorization | None
    client: str = ""


def read_request(body: bytes, *, hooks: Collection[str], client: str = "") -> HookRequest:
    """The request of a client in a body, for a service that answers `hooks`.

    Raises MalformedRequest, HookNotServed when the body names another hook, PayloadTooLarge for an absurd number of members.
    """
    _check_encoding(body)
    members = _open_body(body)
    hook = _read_text(members, "hook")
    hook_instance = _read_text(members, "hookInstance")
    if hook not in hooks:
        raise HookNotServed(f"Hooks of this service: {', '.join(sorted(hooks))}.")
    _check_extension(members, "`extension`")
    fhir_server = _read_optional_text(members, "fhirServer")
    context = HOOKS[hook].context.read(_read_context(members))
    return HookRequest(
        hook=hook,
        hook_instance=hook_instance,
        context=context,
        prefetch=_read_prefetch(members),
        fhir_server=fhir_server,
        # An authorization for no server is of no use (cds-r-1 asks for both); it is not even looked at.
        fhir_authorization=_read_authorization(members, context.patient_id) if fhir_server else None,
        client=client,
    )


def compact_prefetch(request: HookRequest) -> Iterator[tuple[str, bytes]]:
    """The prefetch keys in their order, and the JSON of each without the white space that stands between its parts."""
    for key, value in sorted(request.prefetch.items()):
        json = b"null" if value is None else bytes(value)
        # What was nested just not too deep to be read may be too deep a few calls further down.
        with suppress(RecursionError):
            json = msgspec.json.format(json, indent=-1)
        yield key, json


def _check_encoding(body: bytes) -> None:
    """UTF-8 throughout, checked here once: the parser skips over the bytes of members that it was not asked for."""
    if body.isascii():
        return
    decoder, whole = _utf_8(), memoryview(body)
    try:
        # Piece by piece: the text of all of it would take as much room again as the body.
        for at in range(0, len(body), _PIECE):
            decoder.decode(whole[at : at + _PIECE])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        raise MalformedRequest("The body must be JSON in UTF-8.") from None


class _Name:
    """The name of a member. Equals only itself, so that a name written twice is seen twice."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_Named = dict[_Name, msgspec.Raw]
# A member of the body, and what the ordinary ones are: objects and strings.
_Member = msgspec.Raw | _Named | str | None
_Ordinary = dict[_Name, _Named | str | None]


def _open_body(body: bytes) -> Mapping[str, _Member]:
    """The members of the body, of an ordinary one together with theirs: so a prefetch, which is nearly all of it, is passed over once only.

    What is out of the ordinary, or wrong, is opened step by step, and told by the step.
    """
    try:
        return _once(msgspec.json.decode(body, type=_Ordinary, dec_hook=_names("The body")), "The body")
    except (msgspec.DecodeError, RecursionError, PayloadTooLarge):
        return _read_members(body, "The body")


def _read_members(json: bytes | _Member, what: str) -> dict[str, msgspec.Raw]:
    """The members of a JSON object by name, unread; every name stands once."""
    if isinstance(json, dict):
        return _once(json, what)
    try:
        named = msgspec.json.decode(_NO_OBJECT if json is None or isinstance(json, str) else json, type=_Named, dec_hook=_names(what))
    except msgspec.ValidationError:
        raise MalformedRequest(f"{what} must be a JSON object.") from None
    except (msgspec.DecodeError, RecursionError):
        # Also NaN, Infinity and half a surrogate pair, wherever they stand, and nesting beyond what the interpreter bears.
        raise MalformedRequest(f"{what} must be JSON as of RFC 8259, without endless nesting.") from None
    return _once(named, what)


def _names(what: str) -> Callable[[type, Any], _Name]:
    """How the names of an object are read, up to a number of them."""
    room = MOST_MEMBERS

    def read_name(_: type, text: Any) -> _Name:
        nonlocal room
        room -= 1
        if room < 0:
            raise PayloadTooLarge(f"{what} has more than {MOST_MEMBERS} members.")
        return _Name(text)

    return read_name


def _once(named: Mapping[_Name, T], what: str) -> dict[str, T]:
    """The members by name, when every name stands once.

    Which of two equal names counts differs between programs, so a chart could be checked for one patient and read for another.
    """
    members = {name.text: value for name, value in named.items()}
    if len(members) != len(named):
        raise MalformedRequest(f"{what} has two members of the same name.")
    return members


def _check_extension(members: Mapping[str, _Member], what: str) -> None:
    # "The value of the extension element SHALL be a JSON object"; what is in it is between the client and others.
    extension = members.get("extension")
    is_object = isinstance(extension, dict) or (isinstance(extension, msgspec.Raw) and bytes(memoryview(extension)[:1]) == b"{")
    if not is_object and not _is_null(extension):
        raise MalformedRequest(f"{what} must be a JSON object.")


def _read_context(members: Mapping[str, _Member]) -> dict[str, object]:
    context = _read_members(members.get("context"), "`context`")
    _check_extension(context, "`context.extension`")
    try:
        return {name: msgspec.json.decode(value) for name, value in context.items()}
    except (msgspec.DecodeError, RecursionError):
        # It is JSON by now; what can still be wrong is a number that no float holds, or nesting at the very limit.
        raise MalformedRequest("`context` holds a number out of range, or is nested too deep.") from None


def _read_prefetch(members: Mapping[str, _Member]) -> Mapping[str, msgspec.Raw | None]:
    json = members.get("prefetch")
    values = {} if _is_null(json) else _read_members(json, "`prefetch`")
    return MappingProxyType({key: None if _is_null(value) else value for key, value in values.items()})


def _read_authorization(members: Mapping[str, _Member], patient_id: str) -> FhirAuthorization | None:
    json = members.get("fhirAuthorization")
    if _is_null(json):
        return None
    given = _read_members(json, "`fhirAuthorization`")
    patient = _read_optional_text(given, "patient", "fhirAuthorization.")
    if patient is not None and patient.removeprefix("Patient/") != patient_id:
        # Whatever such a token opens is another chart, or the context is wrong: nobody can tell which of the two.
        raise MalformedRequest("`fhirAuthorization.patient` is another patient than `context.patientId`.")
    return FhirAuthorization(
        access_token=_read_text(given, "access_token", "fhirAuthorization."),
        token_type=_read_optional_text(given, "token_type", "fhirAuthorization.") or "Bearer",
        expires_in=_read_whole(given, "expires_in", "fhirAuthorization."),
        scope=_read_optional_text(given, "scope", "fhirAuthorization."),
        subject=_read_optional_text(given, "subject", "fhirAuthorization."),
        patient=patient,
    )


def _read_text(members: Mapping[str, _Member], name: str, inside: str = "") -> str:
    text = _read_optional_text(members, name, inside)
    if text is None:
        raise MalformedRequest(f"`{inside}{name}` is missing or empty.")
    return text


def _read_whole(members: Mapping[str, _Member], name: str, inside: str) -> int | None:
    """A whole number, also when it is written as 300.0."""
    number = _read_optional(members, name, float, "a whole number", inside)
    if number is not None and not number.is_integer():
        raise MalformedRequest(f"`{inside}{name}` must be a whole number.")
    return None if number is None else int(number)


def _read_optional_text(members: Mapping[str, _Member], name: str, inside: str = "") -> str | None:
    return _read_optional(members, name, str, "a string", inside) or None


def _read_optional(members: Mapping[str, _Member], name: str, type_: type[T], kind: str, inside: str) -> T | None:
    """The member's value; None when it is absent or null, which clients send for what they do not have."""
    value = members.get(name)
    if _is_null(value):
        return None
    try:
        return msgspec.json.decode(value, type=type_) if isinstance(value, msgspec.Raw) else msgspec.convert(value, type_)
    except msgspec.DecodeError:
        raise MalformedRequest(f"`{inside}{name}` must be {kind}.") from None


def _is_null(value: _Member) -> bool:
    return value is None or (isinstance(value, msgspec.Raw) and bytes(memoryview(value)[:5]) == b"null")
