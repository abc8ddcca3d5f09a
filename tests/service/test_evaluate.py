"""The corridor: what goes in decides what comes out, and nothing else does."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.response import CDSResponse, to_wire
from service.call import Call
from service.evaluate import evaluate
from service.knowledge.load import load_knowledge
from service.story import read_story, story_names
from tests.service.charts import (
    HL7,
    LOINC,
    TODAY,
    allergy,
    archetype,
    basis,
    bundle,
    chart,
    concept,
    condition,
    empty,
    encounter,
    look,
    observation,
    order,
    patient,
    prescription,
    pressed,
    procedure,
    report,
)

STRANGERS = {
    "conditions": condition("s", code=concept(text="Essential hypertension")),
    "procedures": procedure("s", code=concept(text="Cataract extraction")),
    "reports": report("Clear lungs.", "s", code=concept(text="Chest X-ray")),
    "exams": observation("s", code=concept(text="Heart sounds"), valueString="Regular."),
    "surveys": observation("s", code=concept(LOINC, "44249-1"), valueQuantity={"value": 3}),
    "labs": observation("s", code=concept(LOINC, "2951-2"), valueQuantity={"value": 140, "unit": "mmol/L"}),
    "medications": prescription("Lisinopril 10 mg", "s"),
    "allergies": allergy("Peanut", "s"),
    "orders": order("s", code=concept(text="Mammography")),
}
OWNER = {"allergies": "patient"}
OTHER_KINDS = [{"resourceType": kind, "id": "s"} for kind in ("Coverage", "Immunization", "CarePlan", "Practitioner", "SomethingNew")]


def answer(evaluation):
    """All that a caller sees: the cards as sent, the silence, the refusal."""
    return to_wire(CDSResponse(cards=evaluation.cards)), evaluation.silence, evaluation.refusal


def told(name):
    """A story's prefetch, and how it is asked for."""
    story = read_story(name)
    who = story.prefetch["patient"]
    return dict(story.prefetch), Call(who.get("id", "p"), "1", story.user, story.encounter or ""), story.today


def evaluated(prefetch, call, today):
    found = chart(prefetch)
    return evaluate(type(found)(call.patient, "", found.keys, found.entries), load_knowledge(), today=today, call=call)


def with_entries(value, change):
    """A prefetch value whose entries, if it has any, were changed."""
    if isinstance(value, dict) and isinstance(value.get("entry"), list):
        return {**value, "entry": change(value["entry"])}
    return value


@pytest.mark.parametrize("name", story_names())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random=st.randoms(use_true_random=False))
def test_the_order_of_a_chart_never_matters(name, random):
    """However a server sorts its searches and a client its keys, the answer is the same to the byte."""
    prefetch, call, today = told(name)
    keys = list(prefetch)
    random.shuffle(keys)
    shuffled = {key: with_entries(prefetch[key], lambda entries: random.sample(entries, len(entries))) for key in keys}

    assert answer(evaluated(shuffled, call, today)) == answer(evaluated(prefetch, call, today))


@pytest.mark.parametrize("name", story_names())
def test_what_is_beside_the_point_changes_nothing(name):
    """Another disease, operation, drug or kind of resource in the chart leaves the answer as it was."""
    prefetch, call, today = told(name)
    more = {
        key: with_entries(
            value,
            lambda entries, key=key: [
                *({"resource": other} for other in OTHER_KINDS),
                *entries,
                {
                    "resource": {
                        **STRANGERS[key],
                        ("patient" if key == "allergies" else "subject"): {"reference": f"Patient/{call.patient}"},
                    }
                },
            ],
        )
        if key in STRANGERS and "total" not in (value or {})
        else value
        for key, value in prefetch.items()
    }

    assert answer(evaluated(more, call, today)) == answer(evaluated(prefetch, call, today))


@pytest.mark.parametrize("key", STRANGERS)
def test_a_stranger_beside_the_archetype_changes_nothing(key):
    """The same, one key at a time."""
    whole = archetype()[key]
    more = bundle(entry=[*({"resource": other} for other in OTHER_KINDS), *whole["entry"], {"resource": STRANGERS[key]}])

    assert answer(look(archetype(**{key: more}))) == answer(look(archetype()))


@pytest.mark.parametrize("key", STRANGERS)
def test_a_resource_of_another_patient_refuses_under_every_key(key):
    """One foreign entry among many is enough; nothing is said of this chart."""
    foreign = {**STRANGERS[key], OWNER.get(key, "subject"): {"reference": "Patient/other"}}
    found = look(archetype(**{key: bundle(*(one["resource"] for one in archetype()[key]["entry"]), foreign)}))

    assert (found.refusal.reason, found.refusal.keys) == ("foreign", (key,))
    assert (found.cards, found.silence, found.outcome) == ((), None, None)


@pytest.mark.parametrize(
    "prefetch",
    [
        empty(),
        {"patient": patient(), "conditions": None, "procedures": None},
        {"patient": patient(), "conditions": bundle(), "procedures": bundle()},
        {**empty(), "conditions": bundle(condition())},
        {**empty(), "reports": bundle(report())},
        {**empty(), "procedures": bundle(procedure())},
        {**empty(), "exams": bundle(pressed())},
    ],
    ids=["empty searches", "nulls", "needed keys alone", "only back pain", "only a normal MRI", "only an operation", "only a point"],
)
def test_a_chart_with_too_little_in_it_is_silent(prefetch):
    """Nothing, or one thing alone, is no reason to speak; a reason for silence is given."""
    found = look(prefetch)

    assert (found.cards, found.refusal) == ((), None)
    assert found.silence.rule
    assert found.silence.says.endswith(".")


@pytest.mark.parametrize("name", story_names())
def test_exactly_one_of_refusal_silence_and_outcome(name):
    """And a card if, and only if, there is an outcome."""
    found = evaluated(*told(name))

    assert [found.refusal, found.silence, found.outcome].count(None) == 2
    assert len(found.cards) == (found.outcome is not None)


def test_the_same_question_has_the_same_answer():
    """Nothing is remembered from one evaluation to the next."""
    first = answer(look(archetype()))
    look(archetype(exams=bundle(pressed())))
    look(empty())

    assert answer(look(archetype())) == first


def test_every_finding_can_be_told():
    """All findings of the knowledge have a state, and those that are present have proof with a reference into the chart."""
    found = list(look(archetype(exams=bundle(pressed()), encounter=encounter())).findings)

    assert {one.id for one in found} == set(load_knowledge().findings)
    assert all(one.proof and all("/" in proof.reference for proof in one.proof) for one in found if one.is_present)


def test_the_day_of_the_call_decides():
    """The same chart half a year later: the point is old, and the card asks to press again."""
    found = chart(archetype(exams=bundle(pressed())))
    later = evaluate(found, load_knowledge(), today=TODAY.replace(year=2027, month=3), call=Call("p", "1", "Practitioner/1"))

    assert (basis(later)["kind"], basis(later)["tier"]) == ("workup", "moderate")


def test_the_server_of_the_chart_may_be_known():
    """With its address, absolute references to it are the patient's own."""
    pain = condition(subject={"reference": "https://ehr.example/fhir/Patient/p"})

    assert answer(look(archetype(conditions=bundle(pain)), server="https://ehr.example/fhir/")) == answer(look(archetype()))


def test_a_refuted_operation_leaves_no_trace():
    """Entered in error is as if never written, on the card as well."""
    gone = [{**one["resource"], "status": "entered-in-error"} for one in archetype()["procedures"]["entry"][1:]]
    found = look(archetype(procedures=bundle(procedure(), *gone)))

    assert "fusion" not in found.cards[0].detail
    assert json.loads(to_wire(CDSResponse(cards=found.cards)))["cards"][0]["summary"].endswith("(persists after laminectomy)")


def test_a_problem_that_ended_is_no_pain():
    """A resolved problem list entry silences the whole pathway."""
    over = condition(clinicalStatus=concept(f"{HL7}condition-clinical", "resolved"))

    assert look(archetype(conditions=bundle(over))).silence.rule == "I-02"
