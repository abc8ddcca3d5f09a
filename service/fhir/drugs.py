"""Drugs: a prescription or an allergy -> one fact. Here names are read as words, because no verified list of codes holds all drugs."""

from collections.abc import Mapping

from service.dates import When, read_date
from service.fhir import shapes
from service.fhir.elements import displays, first_code, reference_of
from service.fhir.terms import Terms, text_of
from service.record import Allergy, Medication


def medication(
    found: shapes.MedicationRequest, reference: str, key: str, terms: Terms, drugs: Mapping[str, shapes.Medication]
) -> Medication | None:
    """A prescription, with the codes and the name of the drug it points to or carries inside. Drug names are read as words."""
    pointed = drugs.get(reference_of(found.medicationReference))
    concepts = [found.medicationCodeableConcept]
    if pointed is not None:
        concepts += [pointed.code, *(part.itemCodeableConcept for part in pointed.ingredient or () if part is not None)]
    names = terms.names_of(concepts)
    text = "; ".join(word for concept in concepts for word in (text_of(concept) or displays(concept),) if word)
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
        encounter=reference_of(found.encounter),
        intent=found.intent or "",
    )


def allergy(found: shapes.AllergyIntolerance, reference: str, key: str, terms: Terms, born: When | None) -> Allergy | None:
    """An allergy or intolerance, to its code or to the substance of a reaction."""
    concepts = [found.code, *(reaction.substance for reaction in found.reaction or () if reaction is not None)]
    names = terms.names_of(concepts)
    text = "; ".join(word for concept in concepts for word in (text_of(concept) or displays(concept),) if word)
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
        clinical=first_code(found.clinicalStatus),
        verification=first_code(found.verificationStatus),
        criticality=found.criticality or "",
        kind=found.type or "",
        severities=frozenset(reaction.severity or "" for reaction in found.reaction or () if reaction is not None) - {""},
    )
