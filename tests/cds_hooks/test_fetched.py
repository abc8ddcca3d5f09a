"""The words for what became of a fetch."""

import re

from cds_hooks.egress.exchange import Failure
from cds_hooks.fetched import Reason


def test_every_failure_of_an_exchange_is_a_reason():
    """What happens on the wire has the same name in a record."""
    assert {failure.value for failure in Failure} <= {reason.value for reason in Reason}


def test_every_reason_has_a_sentence():
    """Whoever connects an EHR reads what happened, once and in full."""
    sentences = [reason.says for reason in Reason]

    assert all(re.fullmatch(r"[A-Z][^.]+\.", sentence) for sentence in sentences)
    assert len(set(sentences)) == len(sentences)
