"""The chart as it came: per prefetch key what became of it, and its resources still unread.

A key's value may be a Bundle, a bare resource, null, an OperationOutcome, or garbage; each is told apart here, once, for every door.
Source: CDS Hooks, "Prefetch Template"; reference cases 3-13 of the protocol dossier.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from service.errors import UnreadableChart
from service.fhir.shapes import KINDS, Bundle, Entry, OperationOutcome
from service.record import KeyState

# key -> resource types that answer its query
KEYS: Mapping[str, tuple[str, ...]] = {
    "patient": ("Patient",),
    "conditions": ("Condition",),
    "procedures": ("Procedure",),
    "encounter": ("Encounter",),
    "reports": ("DiagnosticReport", "ImagingStudy"),
    "exams": ("Observation",),
    "surveys": ("Observation",),
    "labs": ("Observation",),
    "medications": ("MedicationRequest", "Medication"),
    "allergies": ("AllergyIntolerance",),
    "orders": ("ServiceRequest",),
}
REQUIRED = ("patient", "conditions", "procedures")


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """One resource, unread: its bytes, its type, the prefetch key it came under and its URL in its Bundle."""

    raw: msgspec.Raw | bytes
    kind: str
    key: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is known of a patient before it is read.

    patient   the id the call is about;  server: base URL of the FHIR server the chart comes from, "" when unknown
    keys      what became of each prefetch key;  entries: the resources of all keys, in their order
    """

    patient: str
    server: str
    keys: Mapping[str, KeyState]
    entries: tuple[ChartEntry, ...]


class _Type(msgspec.Struct, gc=False):
    resourceType: str | None = None  # noqa: N815


_type = msgspec.json.Decoder(_Type)
_bundle = msgspec.json.Decoder(Bundle)
_outcome = msgspec.json.Decoder(OperationOutcome)


def chart_of_prefetch(prefetch: Mapping[str, msgspec.Raw | None], *, patient: str, server: str | None) -> Chart:
    """The chart that the prefetch of a hook request holds; keys that we did not ask for are not looked at."""
    keys: dict[str, KeyState] = {}
    entries: list[ChartEntry] = []
    for key in KEYS:
        if key in prefetch:
            keys[key], found = _unwrap(key, prefetch[key])
            entries += found
        else:
            keys[key] = KeyState.MISSING
    return Chart(patient, server or "", keys, tuple(entries))


def chart_of_bundle(body: bytes) -> Chart:
    """The chart that a bare Bundle holds, all keys supplied; the one Patient in it is the patient.

    Raises UnreadableChart when it is no Bundle, or has no Patient or several.
    """
    if kind_of(body) != "Bundle":
        raise UnreadableChart("This file is neither a FHIR Bundle nor a CDS Hooks request; give one of the two.")
    state, entries = _unwrap("", msgspec.Raw(body))
    if state is not KeyState.SUPPLIED:
        raise UnreadableChart("This Bundle cannot be read: its entry list is not a list of resources.")
    ids = {msgspec.json.decode(entry.raw).get("id") for entry in entries if entry.kind == "Patient"}
    if len(ids) != 1 or not isinstance(patient := next(iter(ids)), str):
        raise UnreadableChart(f"This Bundle holds {len(ids)} Patient resources with an id; exactly one says whose chart it is.")
    return Chart(patient, "", dict.fromkeys(KEYS, KeyState.SUPPLIED), tuple(entries))


def kind_of(raw: msgspec.Raw | bytes) -> str:
    """The resourceType of a resource, or "" when it has none."""
    start = bytes(memoryview(raw)[:80])
    # Nearly every server writes the type first: a look at the first bytes saves a pass over the resource.
    if start.startswith(b'{"resourceType":"') and (end := start.find(b'"', 17)) > 0:
        return start[17:end].decode("ascii", "replace")
    try:
        return _type.decode(raw).resourceType or ""
    except (msgspec.DecodeError, RecursionError):
        return ""


def _unwrap(key: str, value: msgspec.Raw | None) -> tuple[KeyState, list[ChartEntry]]:
    """The state of one key and the resources under it."""
    if value is None or bytes(value).strip() in (b"null", b""):
        return KeyState.NULL, []
    kind = kind_of(value)
    if kind == "OperationOutcome":
        return KeyState.ERROR, []
    if kind != "Bundle":
        fits = kind in KEYS.get(key, ())
        return (KeyState.SUPPLIED, [ChartEntry(value, kind, key)]) if fits else (KeyState.UNREADABLE, [])
    try:
        bundle = _bundle.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return KeyState.UNREADABLE, []
    return _state_of(bundle), [entry for item in bundle.entry or () if (entry := _entry(key, item)) is not None]


def _entry(key: str, item: Entry | None) -> ChartEntry | None:
    """A resource of a Bundle that may be about the patient; what the reader has no use for is left where it is."""
    if item is None or (item.search is not None and item.search.mode == "outcome"):
        return None
    kind = kind_of(item.resource) if len(memoryview(item.resource)) else ""
    used = kind in KINDS or kind in ("Patient", "Medication") or not kind
    return ChartEntry(item.resource, kind, key, item.fullUrl or "") if used and len(memoryview(item.resource)) else None


def _state_of(bundle: Bundle) -> KeyState:
    """Whether a Bundle is all there is: another page, fewer matches than counted, or a failed part make it partial."""
    entries = [entry for entry in bundle.entry or () if entry is not None]
    matches = sum(1 for entry in entries if entry.search is None or entry.search.mode in (None, "match"))
    if any(link is not None and link.relation == "next" for link in bundle.link or ()):
        return KeyState.PARTIAL
    if bundle.type in (None, "searchset") and bundle.total is not None and bundle.total > matches:
        return KeyState.PARTIAL
    failed = any(_is_failure(entry) for entry in entries if entry.search is not None and entry.search.mode == "outcome")
    return KeyState.PARTIAL if failed else KeyState.SUPPLIED


def _is_failure(entry: Entry) -> bool:
    """Whether an outcome entry says that results are missing, not merely that something was noticed."""
    try:
        issues = _outcome.decode(entry.resource).issue or ()
    except (msgspec.DecodeError, RecursionError):
        return True
    return any(issue is not None and (issue.severity in ("error", "fatal") or issue.code == "incomplete") for issue in issues)
