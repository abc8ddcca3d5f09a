"""The chart as it came: per prefetch key what became of it, and its resources still unread.

A key's value may be a Bundle, a bare resource, null, an OperationOutcome, or garbage; each is told apart here, once, for every door.
Source: CDS Hooks, "Prefetch Template"; reference cases 3-13 of the protocol dossier.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from service.errors import UnreadableChart
from service.fhir.envelope import Bundle, Entry, Link, OperationOutcome
from service.fhir.ordinary import ordinary_entries
from service.fhir.shapes import SHAPES, AnyResource
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
    "orders": ("ServiceRequest", "ProcedureRequest"),
}
REQUIRED = ("patient", "conditions", "procedures")


class ChartEntry(msgspec.Struct, frozen=True, gc=False):
    """One resource: its bytes, its type, the prefetch key it came under and its URL in its Bundle; `found` when it is decoded already."""

    raw: msgspec.Raw | bytes
    kind: str
    key: str
    url: str = ""
    found: AnyResource | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """What is known of a patient before it is read.

    patient   the id the call is about;  server: base URL of the FHIR server the chart comes from, "" when unknown
    keys      what became of each prefetch key;  entries: the resources of all keys, in their order
    drafts    orders that are being written, as the client sent them
    """

    patient: str
    server: str
    keys: Mapping[str, KeyState]
    entries: tuple[ChartEntry, ...]
    drafts: tuple[Mapping[str, object], ...] = ()


class _Type(msgspec.Struct, gc=False):
    resourceType: str | None = None  # noqa: N815


class _Identity(msgspec.Struct, gc=False):
    id: str | None = None


_type = msgspec.json.Decoder(_Type)
_identity = msgspec.json.Decoder(_Identity)
_bundle = msgspec.json.Decoder(Bundle)
_outcome = msgspec.json.Decoder(OperationOutcome)


_TYPE_FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,60})"')
_NULL = re.compile(rb"\s*(?:null\s*)?")
# "" is a resource without a type: it is kept to be complained of.
_READ = frozenset((*SHAPES, ""))
_MATCH = ("match", None, "")
_DEEPEST = 3
# Bytes of a large chart, or value of one; and bytes from comma to comma, on average: in charts there are twenty to thirty.
LARGE = 300_000
_SMALLEST_PART = 8
# A count that nobody can read says that there may be more than was sent.
_NOT_ALL = 2**31


class _LooseBundle(msgspec.Struct, gc=False):
    entry: list[msgspec.Raw] | None = None
    type: object = None
    total: object = None
    link: msgspec.Raw = msgspec.Raw(b"")


class _BareEntry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"")


_loose = msgspec.json.Decoder(_LooseBundle)
_entry = msgspec.json.Decoder(Entry)
_bare_entry = msgspec.json.Decoder(_BareEntry)


def chart_of_prefetch(
    prefetch: Mapping[str, msgspec.Raw | None], *, patient: str, server: str | None, drafts: Sequence[Mapping[str, object]] = ()
) -> Chart:
    """The chart that the prefetch of a hook request holds; keys that we did not ask for are not looked at."""
    keys: dict[str, KeyState] = {}
    entries: list[ChartEntry] = []
    for key in KEYS:
        if key in prefetch:
            keys[key], found = _unwrap(key, prefetch[key])
            entries += found
        else:
            keys[key] = KeyState.MISSING
    return Chart(patient, server or "", keys, tuple(entries), tuple(drafts))


def chart_of_bundle(body: bytes, *, patient: str = "") -> Chart:
    """The chart that a bare Bundle holds, all keys supplied; the one Patient in it is the patient, unless another id is named.

    Raises UnreadableChart when it is no Bundle, or, without a name, has no Patient or several.
    """
    if kind_of(body) != "Bundle":
        raise UnreadableChart("neither a FHIR Bundle nor a CDS Hooks request; give one of the two.")
    try:
        body.decode()
        state, entries, _ = _read_bundle("", body)
        ids = {_identity.decode(entry.raw).id for entry in entries if entry.kind == "Patient"}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise UnreadableChart("a Bundle that cannot be read: it is no valid JSON, or its Patient has no readable id.") from None
    if patient:
        return Chart(patient, "", dict.fromkeys(KEYS, state), tuple(entries))
    if len(ids) != 1 or not isinstance(only := next(iter(ids)), str):
        raise UnreadableChart(f"a Bundle with {len(ids)} Patient resources that have an id; exactly one says whose chart it is.")
    return Chart(only, "", dict.fromkeys(KEYS, state), tuple(entries))


def is_crumbs(value: msgspec.Raw | bytes) -> bool:
    """Whether a large value is made of far smaller parts than any chart: millions of empty entries would hold the process for seconds."""
    size = len(memoryview(value))
    return size > LARGE and bytes(value).count(b",") * _SMALLEST_PART > size


def kind_of(raw: msgspec.Raw | bytes) -> str:
    """The resourceType of a resource, or "" when it has none."""
    # Nearly every server writes the type first: a look at the first bytes saves a pass over the resource.
    if first := _TYPE_FIRST.match(raw):
        return first[1].decode()
    try:
        return _type.decode(raw).resourceType or ""
    except (msgspec.DecodeError, RecursionError):
        return ""


def _unwrap(key: str, value: msgspec.Raw | None) -> tuple[KeyState, list[ChartEntry]]:
    """The state of one key and the resources under it."""
    expected = KEYS.get(key, ())
    if value is not None and (ordinary := ordinary_entries(value)) is not None:
        entries = [ChartEntry(b"", type(one.resource).__name__, key, one.fullUrl or "", one.resource) for one in ordinary]
        fits = not entries or any(entry.kind in expected for entry in entries)
        return (KeyState.SUPPLIED, entries) if fits else (KeyState.UNREADABLE, [])
    if value is None or _NULL.fullmatch(value):
        return KeyState.NULL, []
    kind = kind_of(value)
    if kind == "OperationOutcome":
        return KeyState.ERROR, []
    if kind != "Bundle":
        fits = kind in expected
        return (KeyState.SUPPLIED, [ChartEntry(value, kind, key)]) if fits else (KeyState.UNREADABLE, [])
    try:
        state, entries, found = _read_bundle(key, value)
    except (msgspec.DecodeError, RecursionError):
        return KeyState.UNREADABLE, []
    if state is KeyState.SUPPLIED and expected and found and not found.intersection(expected):
        return KeyState.UNREADABLE, []
    return state, entries


def _read_bundle(key: str, value: msgspec.Raw | bytes, depth: int = 0) -> tuple[KeyState, list[ChartEntry], set[str]]:
    """The state of a Bundle, its resources, and the types among them; Bundles inside (of a batch) are opened.

    Another page, fewer matches than counted, a failed part or an entry that nobody can read make it partial.
    """
    try:
        bundle = _bundle.decode(value)
    except msgspec.DecodeError:
        bundle = _loose_bundle(value)
    partial = any(link is not None and (link.relation or "").lower() == "next" for link in bundle.link or ())
    entries: list[ChartEntry] = []
    kinds: set[str] = set()
    matches = 0
    for item in bundle.entry or ():
        if item is None:
            partial = True
            continue
        raw, response = item.resource, item.response
        if response is not None and response.status is not None and not response.status.startswith("2"):
            partial = True
        if _NULL.fullmatch(raw):
            # A part of a batch may answer without a resource; an entry with nothing in it was meant to be one.
            partial = partial or response is None
            continue
        kind = kind_of(raw)
        if item.search is None or item.search.mode in _MATCH:
            matches += 1
        if kind in _READ:
            kinds.add(kind)
            entries.append(ChartEntry(raw, kind, key, item.fullUrl or ""))
        elif kind == "OperationOutcome":
            partial = partial or _is_failure(raw)
        elif kind == "Bundle" and depth < _DEEPEST:
            state, inside, more = _read_bundle(key, raw, depth + 1)
            partial = partial or state is not KeyState.SUPPLIED
            entries += inside
            kinds |= more
        else:
            kinds.add(kind)
    partial = partial or (bundle.type in (None, "searchset") and bundle.total is not None and bundle.total > matches)
    return (KeyState.PARTIAL if partial else KeyState.SUPPLIED), entries, kinds


def _loose_bundle(value: msgspec.Raw | bytes) -> Bundle:
    """A Bundle with an odd part: every entry by itself, so that one of them does not cost its neighbours; what is odd is left out."""
    loose = _loose.decode(value)
    kept: list[Entry | None] = []
    for raw in loose.entry or ():
        try:
            kept.append(_entry.decode(raw))
        except msgspec.DecodeError:
            # Without a readable resource the entry still says that something was there.
            kept.append(Entry(resource=_only_resource(raw)))
    links: list[Link | None] | None = [Link(relation="next")] if loose.link and b'"next"' in bytes(memoryview(loose.link)).lower() else None
    total = loose.total if isinstance(loose.total, int) else None if loose.total is None else _NOT_ALL
    return Bundle(entry=kept, type=loose.type if isinstance(loose.type, str) else None, total=total, link=links)


def _only_resource(raw: msgspec.Raw) -> msgspec.Raw:
    """The resource of an entry whose other members cannot be read; empty when it has none."""
    try:
        return _bare_entry.decode(raw).resource
    except msgspec.DecodeError:
        return msgspec.Raw(b"")


def _is_failure(raw: msgspec.Raw | bytes) -> bool:
    """Whether an outcome says that results are missing, not merely that something was noticed."""
    try:
        issues = _outcome.decode(raw).issue or ()
    except (msgspec.DecodeError, RecursionError):
        return True
    return any(issue is not None and (issue.severity in ("error", "fatal") or issue.code == "incomplete") for issue in issues)
