"""One resource -> one fact, or None when nothing in it concerns any rule.

Each function takes the shape as decoded, the reference it will be known by, and the terms of the knowledge.
"""

from collections.abc import Callable, Mapping

from service.dates import When, read_date
from service.fhir import shapes
from service.fhir.drugs import allergy, medication
from service.fhir.elements import component, first_code, from_age, period, plain_text, quantity, reference_of, side_of_component
from service.fhir.terms import Terms, agreed, notes_of, text_of, texts_of
from service.record import Condition, Encounter, Fact, Imaging, Observation, Order, Procedure, Quantity, Report


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
        when=read_date(found.onsetDateTime) or period(found.onsetPeriod) or from_age(found.onsetAge, born) or read_date(found.onsetString),
        recorded=read_date(found.recordedDate),
        status=found.status or "",
        encounter=reference_of(found.encounter),
        side=agreed((terms.side_of_names(sites), terms.side_of_names(names), terms.side_in(site_text), terms.side_in(text))),
        sites=sites,
        site_text=site_text,
        clinical=first_code(found.clinicalStatus),
        verification=first_code(found.verificationStatus),
        categories=frozenset(first_code(category) for category in found.category or ()) - {""},
        abated=read_date(found.abatementDateTime)
        or period(found.abatementPeriod)
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
        when=read_date(found.performedDateTime) or period(found.performedPeriod) or read_date(found.performedString),
        status=found.status or "",
        encounter=reference_of(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((terms.side_of_names(sites), terms.side_of_names(names), terms.side_in(site_text), terms.side_in(text))),
        reasons=terms.names_of(found.reasonCode),
    )


def observation(found: shapes.Observation, reference: str, key: str, terms: Terms, born: When | None) -> Observation | None:
    """Something seen, asked or measured. Words are read only where a clinician writes words: in a string, a note, a coded value."""
    names, text = terms.names(found.code), text_of(found.code)
    answers = notes_of(None, found.valueString, text_of(found.valueCodeableConcept)) if _has_words(found) else ()
    notes = (*answers, *_parts_in_words(found, terms), *notes_of(found.note)) if _has_words(found) else ()
    said = terms.said((text, *notes)) if notes or found.valueBoolean else _NOTHING
    if not names and not said:
        return None
    sites, site_text = terms.names(found.bodySite), text_of(found.bodySite)
    components = tuple(component(part, terms) for part in found.component or () if part is not None)
    component_side = agreed(side_of_component(part) for part in components)
    from_site = agreed((terms.side_of_names(sites), terms.side_in(site_text)))
    value_names = terms.names(found.valueCodeableConcept) | terms.names_of(found.interpretation)
    return Observation(
        reference=reference,
        key=key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=read_date(found.effectiveDateTime)
        or period(found.effectivePeriod)
        or read_date(found.effectiveInstant)
        or read_date(found.issued),
        status=found.status or "",
        encounter=reference_of(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((component_side, from_site, terms.side_in(text))),
        categories=frozenset(first_code(category) for category in found.category or ()) - {""},
        quantity=quantity(found.valueQuantity) or (Quantity(float(found.valueInteger)) if found.valueInteger is not None else None),
        value_codings=terms.codings(found.valueCodeableConcept),
        value_names=value_names,
        denied=found.valueBoolean is False or not value_names.isdisjoint(_NO) or any(map(terms.denies, answers)),
        components=components,
    )


def report(found: shapes.DiagnosticReport, reference: str, key: str, terms: Terms, results: Mapping[str, str]) -> Report | None:
    """The report on a study: its conclusion, its plain text, and the words of the results it points to."""
    names, text = terms.names(found.code), text_of(found.code)
    pointed = (results.get(reference_of(result)) for result in found.result or ())
    notes = notes_of(found.note, found.conclusion, *(plain_text(form) for form in found.presentedForm or ()), *pointed)
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
        when=read_date(found.effectiveDateTime) or period(found.effectivePeriod) or read_date(found.issued),
        status=found.status or "",
        encounter=reference_of(found.encounter),
        side=terms.side_in(text),
        categories=frozenset(first_code(category) for category in found.category or ()) - {""},
        conclusions=terms.names_of(found.conclusionCode),
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
        when=period(found.period),
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
        encounter=reference_of(found.encounter),
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
_NO = ("answer-negative", "interpretation-negative")


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
    return bool(found.valueString or found.note or found.valueCodeableConcept or found.component)


def _parts_in_words(found: shapes.Observation, terms: Terms) -> tuple[str, ...]:
    """The components that are answered in words, each as one sentence; a component that is denied says nothing."""
    parts = (
        (text_of(part.code), part.valueString or text_of(part.valueCodeableConcept)) for part in found.component or () if part is not None
    )
    return tuple(f"{question}: {answer}" for question, answer in parts if answer and not terms.denies(answer))
