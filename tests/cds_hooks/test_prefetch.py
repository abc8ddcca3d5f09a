"""Templates that clients can and cannot resolve."""

import re

import pytest

from cds_hooks.hooks import HOOKS
from cds_hooks.prefetch import filled, template_problems


def problems(template, hook="patient-view"):
    return template_problems({"key": template}, HOOKS[hook])


@pytest.mark.requirement("35", "58", "R3-11")
@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{context.patientId}}",
        "Practitioner/{{userPractitionerId}}",
        "Encounter/{{context.encounterId}}",
        "Organization/main",
        "Condition?patient={{context.patientId}}",
        "Observation?patient={{context.patientId}}&category=exam",
        "Observation?patient={{context.patientId}}&code=http://loinc.org|36813-4,http%3A%2F%2Floinc.org%7C24968-3",
        "Observation?patient={{context.patientId}}&_sort=-date&_count=20",
        "Procedure?patient={{context.patientId}}&date=ge2020-01-01",
        "Condition?_id={{context.encounterId}}&_lastUpdated=gt2026",
        "Observation?clinical-status=active&based-on={{context.patientId}}",
    ],
)
def test_plain_reads_and_searches_are_fine(template):
    """What the specification recommends has no problems."""
    assert problems(template) == ()


@pytest.mark.requirement("55", "56", "57", "58", "59", "R3-8", "R3-9", "R3-10")
@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("Condition?patient={{context.draftOrders.id}}", "no token of patient-view"),
        ("Condition?patient={{ context.patientId }}", "no token of patient-view"),
        ("Condition?recorded-date=gt{{today()}}", "no token of patient-view"),
        ("Practitioner/{{%encounter.participant.individual.resolve().id}}", "no token of patient-view"),
        ("Encounter?_id={{context.encounterId.ofType(Encounter).id}}", "no token of patient-view"),
        ("Condition?patient={{}}", "no token"),
        ("Condition?patient={context.patientId}", "brace"),
        ("Condition?patient={{context.patientId}", "brace"),
        ("Patient", "must be a read"),
        ("Patient/", "must be a read"),
        ("patient/{{context.patientId}}", "must be a read"),
        ("/Patient/{{context.patientId}}", "must be a read"),
        ("https://ehr.example.org/Patient/1", "must be a read"),
        ("Patient/{{context.patientId}}/$everything", "must be a read"),
        ("Patient/x{{context.patientId}}", "must be a read"),
        ("{{context.patientId}}?a=b", "must be a read"),
        ("Condition?", "an empty parameter"),
        ("Condition?code:in=x", "no modifiers"),
        ("Condition?subject.name=x", "no modifiers, chains"),
        ("Condition?_include=Condition:subject", "inclusions"),
        ("Condition?_has:Group:member:_id=1", "no modifiers"),
        ("Condition?{{context.patientId}}=a", "no modifiers"),
        ("Observation?sort:desc=date", "sort:desc"),
        ("Condition?patient=1&&code=2", "an empty parameter"),
        ("Condition?patient", "patient has no value"),
        ("Condition?patient=", "patient has no value"),
        ("Condition?code=a b", "percent-encoding"),
        ("Condition?code=a#b", "percent-encoding"),
        ("Condition?code=a=b", "percent-encoding"),
        ("Condition?_count=many", "_count has no value"),
        ("Condition?_count=0", "_count has no value"),
        ("Condition?_sort=date desc", "_sort has no value"),
        ("Condition?date=ne2020", "only eq, lt, gt, ge and le"),
        ("Condition?date=ap2020-01", "only eq, lt, gt, ge and le"),
        ("Condition?date=ge2020&date=le2021", "date stands twice"),
    ],
)
def test_what_clients_cannot_resolve_is_named(template, problem):
    """Each restriction of the specification, and each habit of real clients, has its message."""
    assert problem in " / ".join(problems(template))


@pytest.mark.requirement("56")
def test_tokens_depend_on_the_hook():
    """A patient cannot begin an encounter, so the hook has no token for one."""
    assert problems("Patient/{{userPatientId}}", "patient-view") == ()
    assert "no token of encounter-start" in problems("Patient/{{userPatientId}}", "encounter-start")[0]


def test_all_problems_of_all_templates_come_at_once():
    """The author mends them in one go, each under its key."""
    templates = {"good": "Patient/1", "worse": "Condition?a:b=1&c=", "bad": "nothing"}

    assert [problem.split(":")[0] for problem in template_problems(templates, HOOKS["patient-view"])] == [
        'prefetch "worse"',
        'prefetch "worse"',
        'prefetch "bad"',
    ]


def test_a_template_is_filled_with_the_values_of_the_request():
    """Every token, wherever it stands; what is no token stays as it is."""
    template = "Observation?patient={{context.patientId}}&performer={{context.userId}}&code=http://loinc.org|1-1"
    values = {"context.patientId": "p-1", "context.userId": "Practitioner/7", "context.encounterId": "e"}

    assert filled(template, values) == "Observation?patient=p-1&performer=Practitioner%2F7&code=http://loinc.org|1-1"
    assert filled("Patient/{{context.patientId}}", values) == "Patient/p-1"


def test_a_template_without_a_value_is_not_filled():
    """Half a query would be another question."""
    assert filled("Encounter?_id={{context.encounterId}}&patient={{context.patientId}}", {"context.patientId": "p-1"}) is None


@pytest.mark.parametrize("value", ["p1&patient=p2", "../Practitioner/1", "p1?x", "p1#x", "p 1", "p1%2fp2", "ｐ1", "a\r\nX: y"])
def test_a_value_stays_one_value(value):
    """Whatever it holds, it begins no other parameter and no other path."""
    query = filled("Condition?patient={{context.patientId}}", {"context.patientId": value})

    assert re.fullmatch(r"Condition\?patient=[A-Za-z0-9._~%-]+", query)
