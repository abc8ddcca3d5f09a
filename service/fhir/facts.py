"""One resource -> one fact, or None when nothing in it concerns any rule."""

from collections.abc import Callable, Iterable, Mapping

from service.dates import read_moment, read_told_date
from service.fhir import datatypes, shapes
from service.fhir.drugs import allergy
from service.fhir.elements import (
    Source,
    component,
    first_code,
    plain_status,
    quantity,
    reference_of,
    relative_reference_of,
    side_of_component,
    status_of,
    text_of_form,
    whole,
)
from service.fhir.terms import Terms, agreed, notes_of, text_of, texts_of
from service.knowledge.tables import STUDY
from service.record import Condition, Encounter, Fact, Imaging, Observation, Order, Procedure, Report

_NOTHING: frozenset[str] = frozenset()
_NO = ("answer-negative", "interpretation-negative")


def condition(found: shapes.Condition, source: Source) -> Condition | None:
    """A problem or diagnosis; kept when a value set holds it or its words may say something."""
    terms = source.terms
    names, text = terms.names(found.code), text_of(found.code)
    notes = notes_of(found.note, found.onsetString)
    said = terms.said("Condition", (text, *notes))
    if not (names or said) or not source.wanted():
        return None
    sites, site_text = terms.names_of(found.bodySite), texts_of(found.bodySite)
    recorded = source.date(found.recordedDate)
    ended = (found.abatementDateTime, found.abatementPeriod, found.abatementAge, found.abatementRange, found.abatementString)
    return Condition(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=source.date(found.onsetDateTime)
        or source.period(found.onsetPeriod)
        or source.at_age(found.onsetAge)
        or (source.at_age(found.onsetRange.low, found.onsetRange.high) if found.onsetRange else None)
        or read_told_date(found.onsetString, recorded),
        recorded=recorded,
        encounter=relative_reference_of(found.encounter),
        side=agreed((terms.side_of_names(sites), terms.side_of_names(names), terms.side_in(site_text), terms.side_in(text))),
        sites=sites,
        site_text=site_text,
        clinical=status_of(found.clinicalStatus),
        verification=status_of(found.verificationStatus),
        categories=_categories(found.category),
        ended=bool(found.abatementBoolean) or any(one is not None for one in ended),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def procedure(found: shapes.Procedure, source: Source) -> Procedure | None:
    """Something done; its date may be a day, a stretch, an age, or words."""
    terms = source.terms
    names, text = terms.names(found.code), text_of(found.code)
    notes = notes_of(found.note, text_of(found.outcome))
    said = terms.said("Procedure", (text, *notes))
    if not (names or said) or not source.wanted():
        return None
    sites, site_text = terms.names_of(found.bodySite), texts_of(found.bodySite)
    done = (
        source.date(found.performedDateTime)
        or source.period(found.performedPeriod)
        or source.at_age(found.performedAge)
        or (source.at_age(found.performedRange.low, found.performedRange.high) if found.performedRange else None)
        or source.told_date(found.performedString)
    )
    return Procedure(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=done,
        began=read_moment(found.performedDateTime or (found.performedPeriod.start if found.performedPeriod else None)),
        finished=read_moment(found.performedDateTime or (found.performedPeriod.end if found.performedPeriod else None)),
        status=plain_status(found.status),
        encounter=relative_reference_of(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((terms.side_of_names(sites), terms.side_of_names(names), terms.side_in(site_text), terms.side_in(text))),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def observation(found: shapes.Observation, source: Source) -> Observation | None:
    """Something seen, asked or measured. Words are read only where a clinician writes words: in a string, a note, a coded value."""
    terms = source.terms
    names, number = terms.names(found.code), found.valueQuantity
    has_words = found.valueString or found.note or found.valueCodeableConcept or found.component
    in_percent = number is not None and "%" in (number.code, number.unit)  # such a code may name a relief
    if not (names or has_words or in_percent or found.valueBoolean):
        return None  # a number that no rule asks for, as most of a chart
    text, site_text = text_of(found.code), text_of(found.bodySite)
    answers = notes_of(None, found.valueString, text_of(found.valueCodeableConcept))
    notes = (*answers, *_parts_in_words(found, terms), *notes_of(found.note))
    speaks = notes or found.valueBoolean or in_percent
    said = terms.said("Observation", (text, site_text, *notes)) if speaks else _NOTHING
    if not (names or said) or not source.wanted():
        return None
    sites = terms.names(found.bodySite)
    components = tuple(component(part, terms) for part in found.component or () if part is not None)
    component_side = agreed(side_of_component(part) for part in components)
    from_site = agreed((terms.side_of_names(sites), terms.side_in(site_text)))
    value_names = terms.names(found.valueCodeableConcept) | terms.names_of(found.interpretation)
    return Observation(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said | terms.said(STUDY, notes) if notes else said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=source.date(found.effectiveDateTime)
        or source.period(found.effectivePeriod)
        or source.date(found.effectiveInstant, found.issued),
        began=read_moment(
            found.effectiveDateTime or found.effectiveInstant or (found.effectivePeriod.start if found.effectivePeriod else None)
        ),
        status=plain_status(found.status),
        encounter=relative_reference_of(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed((component_side, from_site, terms.side_in(text))),
        quantity=quantity(found.valueQuantity) or whole(found.valueInteger),
        value_codings=terms.codings(found.valueCodeableConcept),
        value_names=value_names,
        denied=found.valueBoolean is False or not value_names.isdisjoint(_NO) or any(map(terms.denies, answers)),
        components=components,
        part_of=tuple(filter(None, map(relative_reference_of, found.partOf or ()))),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def report(found: shapes.DiagnosticReport, source: Source, results: Mapping[str, str]) -> Report | None:
    """The report on a study: its conclusion, its plain text, and the words of the results it points to."""
    terms = source.terms
    names, text = terms.names(found.code), text_of(found.code)
    pointed = [results.get(reference_of(result)) for result in found.result or ()]
    forms = [text_of_form(form) for form in found.presentedForm or ()]
    notes = notes_of(found.note, found.conclusion, texts_of(found.conclusionCode), *(words for words, _ in forms), *pointed)
    said = terms.said("DiagnosticReport", (text, *notes))
    if not (names or said) or not source.wanted():
        return None
    cut = any(len(words) >= terms.longest for words in notes)
    partly_read = cut or not all(complete for _, complete in forms)
    if partly_read:
        source.say("has text that could not be read to its end, so nothing is concluded from what it does not say")
    return Report(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said | terms.said(STUDY, (text, *notes)),
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=source.date(found.effectiveDateTime) or source.period(found.effectivePeriod) or source.date(found.issued),
        status=plain_status(found.status),
        encounter=relative_reference_of(found.encounter),
        side=terms.side_in(text),
        conclusions=terms.names_of(found.conclusionCode),
        partly_read=partly_read,
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def encounter(found: shapes.Encounter, source: Source, *, current: bool) -> Encounter | None:
    """A visit and its reasons; the current one is always kept, since it says where the patient is."""
    terms = source.terms
    names, text = terms.names_of(found.reasonCode), texts_of(found.reasonCode)
    said = terms.said("Encounter", (text,))
    if not (current or names or said) or not source.wanted():
        return None
    return Encounter(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=tuple(coding for concept in found.reasonCode or () for coding in terms.codings(concept)),
        text=text,
        when=source.period(found.period),
        status=plain_status(found.status),
        setting=_setting(found.class_),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def _setting(found: shapes.EncounterClass | None) -> str:
    """The class of a visit: the code that HL7 has for it, else its words, else a code of somebody else's, in capitals; "" for none."""
    codings = [coding for coding in (found, *(found.coding or ())) if coding is not None] if found is not None else []
    codes = [str(coding.code or "").strip().upper() for coding in codings]
    words = [str(coding.display or "").strip().upper() for coding in codings]
    return next(filter(None, (*(code for code in codes if code.isalpha()), *words, *codes)), "")


def order(found: shapes.ServiceRequest, source: Source) -> Order | None:
    """A service that was ordered."""
    terms = source.terms
    names, text = terms.names(found.code), text_of(found.code)
    details = texts_of(found.orderDetail)
    sites, site_text = terms.names_of(found.bodySite), texts_of(found.bodySite)
    # "Peripheral nerve block" with "superior cluneal nerve" as its site or detail is one name.
    named = " ".join(filter(None, (text, site_text, details)))
    notes = notes_of(found.note, named if named != text else "")
    said = terms.said("ServiceRequest", (text, *notes))
    if found.doNotPerform or not (names or said) or not source.wanted():
        return None
    return Order(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=terms.codings(found.code),
        text=text,
        notes=notes,
        when=source.date(found.authoredOn),
        status=plain_status(found.status),
        intent=plain_status(found.intent),
        priority=plain_status(found.priority),
        encounter=relative_reference_of(found.encounter),
        sites=sites,
        site_text=site_text,
        side=agreed(
            (terms.side_of_names(names), terms.side_of_names(sites), terms.side_in(site_text), terms.side_in(text), terms.side_in(details))
        ),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def imaging(found: shapes.ImagingStudy, source: Source) -> Imaging | None:
    """That an imaging study was made."""
    terms = source.terms
    names = terms.names_of(found.procedureCode)
    text = "; ".join(filter(None, (found.description, texts_of(found.procedureCode))))
    said = terms.said("ImagingStudy", (text,))
    if not (names or said) or not source.wanted():
        return None
    return Imaging(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=tuple(coding for concept in found.procedureCode or () for coding in terms.codings(concept)),
        text=text,
        when=source.date(found.started),
        status=plain_status(found.status),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


# Those that need nothing but the resource itself; reports, visits and prescriptions are given what they point to.
MAKERS: Mapping[str, Callable[..., Fact | None]] = {
    "AllergyIntolerance": allergy,
    "Condition": condition,
    "ImagingStudy": imaging,
    "Procedure": procedure,
    "ProcedureRequest": order,
    "ServiceRequest": order,
}


def _categories(concepts: Iterable[datatypes.CodeableConcept | None] | None) -> frozenset[str]:
    return frozenset(first_code(concept) for concept in concepts or ()) - {""}


def _parts_in_words(found: shapes.Observation, terms: Terms) -> tuple[str, ...]:
    """The components that are answered in words, each as one sentence; a component that is denied says nothing."""
    parts = (
        (text_of(part.code), part.valueString or text_of(part.valueCodeableConcept)) for part in found.component or () if part is not None
    )
    return tuple(f"{question}: {answer}" for question, answer in parts if answer and not terms.denies(answer))
