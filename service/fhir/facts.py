"""One resource -> one fact, or None when nothing in it concerns any rule.

Each function takes the shape as decoded, the reference it will be known by, and the terms of the knowledge.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from service.dates import When, read_date, spanning, years_after
from service.fhir import shapes
from service.fhir.terms import LONGEST_TEXT, Terms, agreed, notes_of, text_of, texts_of
from service.record import (
    Allergy,
    Coding,
    Component,
    Condition,
    Encounter,
    Fact,
    Imaging,
    Medication,
    Observation,
    Order,
    Procedure,
    Quantity,
    Report,
    Side,
)


def condition(found: shapes.Condition, reference: str, key: str, terms: Terms, born: When | None) -> Condition | None:
    """A problem or diagnosis; kept when a value set holds it or its words may say something."""
    names, text = terms.names(found.code), text_of(found.code)
    notes = notes_of(found.note, found.onsetString)
    said = terms.said((text, *notes))
    if not names and not said:
        return None
    sites = terms.names_of(found.bodySite)
    site_text = texts_of(found.bodySite)
    return Condition(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=read_date(found.onsetDateTime)
        or _period(found.onsetPeriod)
        or _from_age(found.onsetAge, born)
        or read_date(found.onsetString),
        recorded=read_date(found.recordedDate),
        status=found.status or "",
        encounter=_reference(found.encounter),
        side=agreed((terms.side_of_names(sites), terms.side_of_names(names), terms.side_in(site_text), terms.side_in(text))),
        sites=sites,
        site_text=site_text,
        clinical=_code(found.clinicalStatus),
        verification=_code(found.verificationStatus),
        categories=frozenset(_code(category) for category in found.category or ()) - {""},
        abated=read_date(found.abatementDateTime)
        or _period(found.abatementPeriod)
        or (read_date(found.recordedDate) if found.abatementBoolean else None),
    )


def procedure(found: shapes.Procedure, reference: str, key: str, terms: Terms, born: When | None) -> Procedure | None:
    """Something done; its date may be a day, a stretch, or words."""
    names, text = terms.names(found.code), text_of(found.code)
    notes = notes_of(found.note)
    said = terms.said((text, *notes))
    if not names and not said:
        return None
    sites, site_text = terms.names_of(found.bodySite), texts_of(found.bodySite)
    return Procedure(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=read_date(found.performedDateTime) or _period(found.performedPeriod) or read_date(found.performedString),
        status=found.status or "",
        encounter=_reference(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((terms.side_of_names(sites), terms.side_of_names(names), terms.side_in(site_text), terms.side_in(text))),
        reasons=terms.names_of(found.reasonCode),
    )


def observation(found: shapes.Observation, reference: str, key: str, terms: Terms, born: When | None) -> Observation | None:
    """Something seen, asked or measured. Words are read only where a clinician writes words: in a string, a note or a coded value's text."""
    names = terms.names(found.code)
    notes = notes_of(found.note, found.valueString, text_of(found.valueCodeableConcept)) if _has_words(found) else ()
    text = text_of(found.code)
    said = terms.said((text, *notes)) if notes else _NOTHING
    if not names and not said:
        return None
    sites, site_text = terms.names(found.bodySite), text_of(found.bodySite)
    components = tuple(_component(part, terms) for part in found.component or () if part is not None)
    component_side = agreed(_side_of_component(part) for part in components)
    from_site = agreed((terms.side_of_names(sites), terms.side_in(site_text)))
    return Observation(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=read_date(found.effectiveDateTime)
        or _period(found.effectivePeriod)
        or read_date(found.effectiveInstant)
        or read_date(found.issued),
        status=found.status or "",
        encounter=_reference(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((component_side, from_site, terms.side_in(text))),
        categories=frozenset(_code(category) for category in found.category or ()) - {""},
        quantity=_quantity(found.valueQuantity) or (Quantity(float(found.valueInteger)) if found.valueInteger is not None else None),
        value_codings=terms.codings(found.valueCodeableConcept),
        value_names=terms.names(found.valueCodeableConcept) | terms.names_of(found.interpretation),
        truth=found.valueBoolean,
        components=components,
    )


def report(found: shapes.DiagnosticReport, reference: str, key: str, terms: Terms, results: Mapping[str, str]) -> Report | None:
    """The report on a study: its conclusion, its plain text, and the words of the results it points to."""
    names, text = terms.names(found.code), text_of(found.code)
    pointed = (results.get(_reference(result)) for result in found.result or ())
    notes = notes_of(found.note, found.conclusion, *(_plain(form) for form in found.presentedForm or ()), *pointed)
    said = terms.said((text, *notes))
    if not names and not said:
        return None
    return Report(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=read_date(found.effectiveDateTime) or _period(found.effectivePeriod) or read_date(found.issued),
        status=found.status or "",
        encounter=_reference(found.encounter),
        side=terms.side_in(text),
        categories=frozenset(_code(category) for category in found.category or ()) - {""},
        conclusions=terms.names_of(found.conclusionCode),
    )


def medication(
    found: shapes.MedicationRequest, reference: str, key: str, terms: Terms, drugs: Mapping[str, shapes.Medication]
) -> Medication | None:
    """A prescription, with the codes and the name of the drug it points to or carries inside. Drug names are read as words."""
    pointed = drugs.get(_reference(found.medicationReference))
    concepts = [found.medicationCodeableConcept]
    if pointed is not None:
        concepts += [pointed.code, *(part.itemCodeableConcept for part in pointed.ingredient or () if part is not None)]
    names = terms.names_of(concepts)
    text = "; ".join(word for concept in concepts for word in (text_of(concept) or _displays(concept),) if word)
    if not text and found.medicationReference and found.medicationReference.display:
        text = found.medicationReference.display
    said = terms.said((text,))
    if found.doNotPerform or not (names or said):
        return None
    return Medication(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=tuple(coding for concept in concepts for coding in terms.codings(concept)),
        text=text,
        notes=(),
        when=read_date(found.authoredOn),
        status=found.status or "",
        encounter=_reference(found.encounter),
        intent=found.intent or "",
    )


def allergy(found: shapes.AllergyIntolerance, reference: str, key: str, terms: Terms, born: When | None) -> Allergy | None:
    """An allergy or intolerance, to its code or to the substance of a reaction."""
    concepts = [found.code, *(reaction.substance for reaction in found.reaction or () if reaction is not None)]
    names = terms.names_of(concepts)
    text = "; ".join(word for concept in concepts for word in (text_of(concept) or _displays(concept),) if word)
    said = terms.said((text,))
    if not names and not said:
        return None
    return Allergy(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=tuple(coding for concept in concepts for coding in terms.codings(concept)),
        text=text,
        when=read_date(found.onsetDateTime),
        recorded=read_date(found.recordedDate),
        clinical=_code(found.clinicalStatus),
        verification=_code(found.verificationStatus),
        criticality=found.criticality or "",
        kind=found.type or "",
        severities=frozenset(reaction.severity or "" for reaction in found.reaction or () if reaction is not None) - {""},
    )


def encounter(found: shapes.Encounter, reference: str, key: str, terms: Terms, current: bool) -> Encounter | None:
    """A visit and its reasons; the current one is always kept, since it says where the patient is."""
    names, text = terms.names_of(found.reasonCode), texts_of(found.reasonCode)
    said = terms.said((text,))
    if not current and not names and not said:
        return None
    codings = tuple(coding for concept in found.reasonCode or () for coding in terms.codings(concept))
    setting = str(found.class_.code or "").upper() if found.class_ is not None else ""
    return Encounter(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=codings,
        text=text,
        when=_period(found.period),
        status=found.status or "",
        setting=setting,
    )


def order(found: shapes.ServiceRequest, reference: str, key: str, terms: Terms, born: When | None) -> Order | None:
    """A service that was ordered."""
    names, text = terms.names(found.code), text_of(found.code)
    notes = notes_of(found.note, texts_of(found.orderDetail))
    said = terms.said((text, *notes))
    if found.doNotPerform or not (names or said):
        return None
    sites, site_text = terms.names_of(found.bodySite), texts_of(found.bodySite)
    return Order(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=read_date(found.authoredOn),
        status=found.status or "",
        intent=found.intent or "",
        encounter=_reference(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((terms.side_of_names(sites), terms.side_in(site_text), terms.side_in(text))),
    )


def imaging(found: shapes.ImagingStudy, reference: str, key: str, terms: Terms, born: When | None) -> Imaging | None:
    """That an imaging study was made."""
    names, text = terms.names_of(found.procedureCode), "; ".join(filter(None, (found.description, texts_of(found.procedureCode))))
    said = terms.said((text,))
    if not names and not said:
        return None
    codings = tuple(coding for concept in found.procedureCode or () for coding in terms.codings(concept))
    return Imaging(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=codings,
        text=text,
        when=read_date(found.started),
        status=found.status or "",
    )


_NOTHING: frozenset[str] = frozenset()

# Our own code system: what our suggestions write, the next call reads.
EXAMINATION = "https://cluneal-cds.github.io/fhir/CodeSystem/examination"

MAKERS: Mapping[str, Callable[..., Fact | None]] = {
    "AllergyIntolerance": allergy,
    "Condition": condition,
    "DiagnosticReport": report,
    "Encounter": encounter,
    "ImagingStudy": imaging,
    "MedicationRequest": medication,
    "Observation": observation,
    "Procedure": procedure,
    "ServiceRequest": order,
}


def _has_words(found: shapes.Observation) -> bool:
    return found.valueString is not None or found.note is not None or found.valueCodeableConcept is not None


def _component(found: shapes.Component, terms: Terms) -> Component:
    whole = Quantity(float(found.valueInteger)) if found.valueInteger is not None else None
    return Component(
        codings=terms.codings(found.code),
        value_codings=terms.codings(found.valueCodeableConcept),
        quantity=_quantity(found.valueQuantity) or whole,
    )


_SIDES = {"24028007": Side.RIGHT, "7771000": Side.LEFT, "51440002": Side.BILATERAL}


def _side_of_component(part: Component) -> Side:
    if not any(coding.system == EXAMINATION and coding.code == "side" for coding in part.codings):
        return Side.UNKNOWN
    return agreed(_SIDES.get(coding.code, Side.UNKNOWN) for coding in part.value_codings)


def _quantity(found: shapes.Quantity | None) -> Quantity | None:
    """The number; text that holds a number is taken for one, anything else is none."""
    if found is None or found.value is None:
        return None
    try:
        return Quantity(float(found.value), found.code or found.unit or "", found.comparator or "")
    except ValueError:
        return None


def _plain(form: shapes.Attachment | None) -> str | None:
    """The text of a plain-text attachment; other formats are not read."""
    if form is None or not form.data or not (form.contentType or "text/plain").lower().startswith("text/plain"):
        return None
    try:
        return base64.b64decode(form.data[: LONGEST_TEXT * 2], validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _period(found: shapes.Period | None) -> When | None:
    return spanning(read_date(found.start), read_date(found.end)) if found is not None else None


def _from_age(found: shapes.Quantity | None, born: When | None) -> When | None:
    age = _quantity(found)
    years = age.value / {"mo": 12.0, "wk": 52.18, "d": 365.25}.get(age.unit, 1.0) if age else None
    return years_after(born, years) if born and years is not None else None


def _code(concept: shapes.CodeableConcept | None) -> str:
    """The first code of a status or category, whatever its system: these are closed lists of FHIR itself."""
    codes: Any = (coding.code for coding in (concept.coding if concept else None) or () if coding is not None and coding.code)
    return str(next(codes, "")).strip().lower()


def _displays(concept: shapes.CodeableConcept | None) -> str:
    return "; ".join(coding.display for coding in (concept.coding if concept else None) or () if coding is not None and coding.display)


def _reference(found: shapes.Reference | None) -> str:
    return (found.reference or "") if found is not None else ""


def first_coding(codings: tuple[Coding, ...], system: str) -> str:
    """The first code of a system among codings, or ""."""
    return next((coding.code for coding in codings if coding.system == system), "")
