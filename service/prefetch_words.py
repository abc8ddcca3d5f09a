"""What to prefetch, key by key, in the words of whoever sets up an EHR: what is needed, what else is used, and what is lost without it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from service.fhir.chart import REQUIRED

EHR = Literal["generic", "epic", "oracle"]
EHRS: tuple[str, ...] = get_args(EHR)

_WITHOUT: Mapping[str, str] = {
    "patient": "412, no answer",
    "conditions": "412, no answer: pain and red flags stand there",
    "procedures": "412, no answer: operations and blocks stand there",
    "encounter": "nobody knows whether the visit is an inpatient's or an emergency, nor its reason; what is recorded names no visit",
    "reports": "no imaging is known, neither what it explains nor a red flag in it",
    "exams": "examination findings are not known, above all a point that brings on the pain; nor is a result of a block in our own codes",
    "surveys": "no pain score is known: neither pain of today nor the relief of a block between two scores",
    "labs": "platelets, INR, HbA1c and pregnancy tests are not known; what they warn of is not said",
    "medications": "no order is suggested; anticoagulants are not known",
    "allergies": "no order is suggested; an allergy to a local anaesthetic is not known",
    "orders": "a block that is ordered already is not known to be",
}
# Source: reference dossier of EHR clients, A.1 to A.3.
_NOTES: Mapping[str, tuple[str, ...]] = {
    "generic": (
        "A client that follows the specification reads these templates from GET /cds-services by itself.",
        "A key without data is null; a read that failed is an OperationOutcome. A key that is left out counts as not read.",
    ),
    "epic": (
        "Epic does not read them from discovery: the site enters keys and templates in the record of the advisory (LGL).",
        "A search for Observations needs a category or a code, and each of these has one.",
        "Hooks: patient-view, order-select and order-sign.",
        "Epic advises against a call at every chart that is opened: let its own criteria, as back or buttock pain, stand in front.",
        "The address must be entered exactly as it is registered, or data is taken out of the call.",
    ),
    "oracle": (
        "No prefetch is documented for Oracle Health: what these keys ask for has to be read from its FHIR server, with registered scopes.",
        "Hook: patient-view. Each service is registered by hand: its address, trigger, FHIR server, scopes and links.",
    ),
}
_OF_A_SITE = (
    "An Observation under a code of the site's own (code_map) comes with exams when its category is exam; "
    "for surveys and labs add its code to the list in the template."
)


@dataclass(frozen=True, slots=True)
class Key:
    """One prefetch key: its template, whether it is needed, and what is lost without it."""

    name: str
    template: str
    is_needed: bool
    without: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope that lets the service read one type of resource, as SMART on FHIR has it in version 1 and in version 2."""

    v1: str
    v2: str


def keys_of(templates: Mapping[str, str]) -> tuple[Key, ...]:
    """Every key with its words, in the order of discovery."""
    return tuple(Key(name, template, name in REQUIRED, _WITHOUT[name]) for name, template in templates.items())


def notes_for(ehr: str) -> tuple[str, ...]:
    """What is special about the EHR."""
    return (*_NOTES[ehr], *((_OF_A_SITE,) if ehr != "oracle" else ()))


def scopes_of(templates: Mapping[str, str]) -> tuple[Scope, ...]:
    """A scope for each type of resource that the templates name: what is read by its id needs `r`, what is searched for `rs`."""
    return tuple(dict.fromkeys(_scopes(templates)))


def _scopes(templates: Mapping[str, str]) -> Iterator[Scope]:
    for template in templates.values():
        kind = template.replace("?", "/").split("/")[0]
        yield Scope(f"patient/{kind}.read", f"patient/{kind}.{'rs' if '?' in template else 'r'}")
