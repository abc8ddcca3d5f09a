"""Charts that hold one code, and the answer a user sees: what the tests of the traps share."""

from tests.service.charts import (
    CPT,
    HL7,
    LOINC,
    RXNORM,
    ago,
    archetype,
    bundle,
    concept,
    condition,
    look,
    observation,
    prescription,
    pressed,
    procedure,
)

FUSION = procedure("fusion", code=concept(CPT, "22612"), performedDateTime=ago(730))
LATELY = {"onsetDateTime": ago(40), "recordedDate": ago(40)}
REFUTED = {"verificationStatus": concept(f"{HL7}condition-ver-status", "refuted")}
SCORE = observation("score", code=concept(LOINC, "72514-3"), valueQuantity={"value": 6, "unit": "{score}", "code": "{score}"})


def named(system, code, display):
    """A code with the display that charts give it."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def rule(prefetch):
    """The rule that keeps the service silent; None when a card is shown."""
    silence = look(prefetch).silence
    return silence.rule if silence else None


def problem(code, **changes):
    """The archetype with one more problem."""
    return archetype(conditions=bundle(condition(), condition("other", code=code, **changes)))


def injected(code):
    """A laminectomy, this procedure 300 days ago, pain today, no imaging: a card only if the procedure is an injection for pain."""
    done = procedure("injection", code=code, performedDateTime=ago(300))
    return archetype(procedures=bundle(procedure(), done), reports=bundle(), surveys=bundle(SCORE))


def cautions(**keys):
    """The cautions on the card of a patient whose superior point reproduces the pain."""
    (card,) = look(archetype(exams=bundle(pressed()), **keys)).cards
    return card.detail.split("**Cautions**")[1].split("**")[0]


def prescribed(code, system=RXNORM):
    """The cautions beside a prescription of this code, without a name."""
    return cautions(medications=bundle(prescription(medicationCodeableConcept=concept(system, code))))
