"""Drugs: a prescription or an allergy -> one fact. Here names are read as words, because no verified list of codes holds all drugs."""

from collections.abc import Iterable, Mapping, Sequence

from service.fhir import datatypes, shapes
from service.fhir.elements import Source, displays, plain_status, reference_of, relative_reference_of, status_of
from service.fhir.terms import text_of, texts_of
from service.record import Allergy, Medication


def medication(found: shapes.MedicationRequest, source: Source, drugs: Mapping[str, shapes.Medication]) -> Medication | None:
    """A prescription, with the codes and the name of the drug it points to or carries inside."""
    reference = reference_of(found.medicationReference)
    pointed = drugs.get(reference) if reference else None
    concepts = [found.medicationCodeableConcept]
    if pointed is not None:
        concepts += [pointed.code, *(part.itemCodeableConcept for part in pointed.ingredient or () if part is not None)]
    names, text = source.terms.names_of(concepts), _named(concepts)
    if pointed is None and found.medicationReference is not None:
        text = text or found.medicationReference.display or ""
    said = source.terms.said("MedicationRequest", (text,))
    if found.doNotPerform or not (names or said) or not source.wanted():
        return None
    return Medication(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=tuple(coding for concept in concepts for coding in source.terms.codings(concept)),
        text=text,
        when=source.date(found.authoredOn),
        status=plain_status(found.status),
        encounter=relative_reference_of(found.encounter),
        intent=plain_status(found.intent),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def allergy(found: shapes.AllergyIntolerance, source: Source) -> Allergy | None:
    """An allergy or intolerance, to its code or to the substance of a reaction."""
    concepts = [found.code, *(reaction.substance for reaction in found.reaction or () if reaction is not None)]
    names, text = source.terms.names_of(concepts), _named(concepts)
    said = source.terms.said("AllergyIntolerance", (text,))
    if not (names or said) or not source.wanted():
        return None
    return Allergy(
        reference=source.reference,
        key=source.key,
        names=names,
        said=said,
        codings=tuple(coding for concept in concepts for coding in source.terms.codings(concept)),
        text=text,
        when=source.date(found.onsetDateTime),
        recorded=source.date(found.recordedDate),
        clinical=status_of(found.clinicalStatus),
        verification=status_of(found.verificationStatus),
        criticality=plain_status(found.criticality),
        severities=frozenset(_severity(reaction) for reaction in found.reaction or () if reaction is not None),
        doubtful=source.doubtful,
        undatable=source.undatable,
    )


def _severity(reaction: shapes.Reaction) -> str:
    """How severe a reaction was, "" when nobody said; anaphylaxis is severe whatever was ticked beside it."""
    return "severe" if "anaphyla" in texts_of(reaction.manifestation).lower() else plain_status(reaction.severity)


def _named(concepts: Iterable[datatypes.CodeableConcept | None]) -> str:
    """The names of drugs, from text or display."""
    return "; ".join(word for concept in concepts for word in (text_of(concept) or displays(concept),) if word)


def names_nothing(
    found: shapes.AllergyIntolerance | shapes.MedicationRequest, lost: Sequence[str], drugs: dict[str, shapes.Medication]
) -> bool:
    """Whether an allergy or prescription names no substance that can be read."""
    if any(element.split(".")[0] in ("code", "medicationCodeableConcept", "medicationReference", "medication") for element in lost):
        return True
    if isinstance(found, shapes.AllergyIntolerance):
        return not any(_says_something(one) for one in (found.code, *(part.substance for part in found.reaction or () if part is not None)))
    pointer = found.medicationReference
    unread = pointer is not None and not pointer.display and not found.contained and reference_of(pointer) not in drugs
    return not _says_something(found.medicationCodeableConcept) and (pointer is None or unread)


def is_withdrawn(found: shapes.AllergyIntolerance | shapes.MedicationRequest) -> bool:
    """Whether an allergy or prescription was never so: what it named does not matter."""
    verification = status_of(found.verificationStatus) if isinstance(found, shapes.AllergyIntolerance) else plain_status(found.status)
    return verification == "entered-in-error"


def _says_something(concept: datatypes.CodeableConcept | None) -> bool:
    """Whether a concept has words or a code."""
    return bool(text_of(concept)) or any(coding is not None and coding.code for coding in (concept.coding if concept else None) or ())
