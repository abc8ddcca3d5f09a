"""Errors as a client and a log see them."""

import pytest

from cds_hooks import errors


def leaves(error):
    return [leaf for child in error.__subclasses__() for leaf in (leaves(child) or [child])]


HERE = [error for error in leaves(errors.CDSHooksError) if error.__module__ == errors.__name__]


def test_the_tree_is_drawn_in_the_module():
    """The drawing at the head of the module shows every error with its status and its code."""
    drawn = {tuple(line.split()[:3]) for line in errors.__doc__.splitlines()}

    assert {(error.__name__, str(error.status_hint), error.code) for error in HERE if error is not errors.InvalidService} <= drawn
    assert "InvalidService" in {first for first, *_ in filter(None, drawn)}


def test_codes_are_never_shared():
    """A code names one error, in words joined by hyphens."""
    codes = [error.code for error in HERE]

    assert len(set(codes)) == len(codes)
    assert all(code.replace("-", "").isalpha() and code.islower() for code in codes)


@pytest.mark.parametrize(
    ("family", "statuses"), [(errors.ClientError, range(400, 500)), (errors.ServiceError, range(500, 600))], ids=["client", "service"]
)
def test_the_status_says_whose_fault_it_is(family, statuses):
    """Client errors are 4xx, our own 5xx."""
    assert all(error.status_hint in statuses for error in leaves(family))


@pytest.mark.requirement("R3-14")
def test_an_operation_outcome_has_everything_a_client_needs():
    """Severity, FHIR code, our code, a sentence, and what would have helped."""
    outcome = errors.operation_outcome(errors.MalformedRequest("`context.patientId` must be an id."))

    assert outcome == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "structure",
                "details": {"coding": [{"code": "malformed-request"}], "text": "The request is not a CDS Hooks request."},
                "diagnostics": "`context.patientId` must be an id.",
            }
        ],
    }


def test_missing_prefetch_is_named_by_key():
    """An integrator reads which keys did not come and which came unusable."""
    error = errors.PrefetchUnavailable(["procedures"], unreadable=["conditions", "patient"], otherwise={"lost": ["labs"], "late": []})

    assert "not sent: procedures; sent but not readable: conditions, patient; lost: labs. Prefetch" in error.diagnostics


def test_a_foreign_patient_is_named_by_key_only():
    """The keys that hold another patient are named; no id is."""
    assert errors.ForeignPatient(["conditions"]).diagnostics.endswith("conditions.")


def test_an_overloaded_service_says_when_to_return():
    """503 carries Retry-After."""
    assert errors.Overloaded(retry_after=2).headers == {"Retry-After": "2"}


def test_an_invalid_service_lists_every_problem():
    """The author of a service sees all problems in one message, under its name."""
    error = errors.InvalidService("a on b", ["first", "second"])

    assert str(error) == "a on b:\n  first\n  second"
    assert error.problems == ("first", "second")
