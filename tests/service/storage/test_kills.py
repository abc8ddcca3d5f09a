"""kill -9 in the middle of writing: nothing that was acknowledged is lost, the audit is whole, and the service starts again."""

import pytest

from tests.kills import kill_one


def check(kind, cycles, tmp_path, key_file):
    toll = kill_one(kind, cycles, tmp_path, key_file)

    assert toll.cycles == cycles
    assert len(toll.acknowledged) >= cycles, "too little was written to lose anything"
    assert toll.lost == set()
    assert toll.audit.problem == ""
    assert toll.audit.records >= len(toll.acknowledged)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_in_a_kill(kind, tmp_path, key_file):
    """Five kills of the service; on PostgreSQL of the database in turn."""
    check(kind, 5, tmp_path, key_file)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_in_fifty_kills(kind, tmp_path, key_file):
    """As above, fifty times; `python -m tests.kills 500` does it as often as asked."""
    check(kind, 50, tmp_path, key_file)
