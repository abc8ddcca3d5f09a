"""Which of our orders a client never gets as a draft, though it takes drafts: its operator is told before a clinician misses one."""

import pytest

from service.knowledge.load import load_knowledge
from service.known_clients import undrafted
from service.speech import OrderCode, Speech

BLOCKS = ("superior-cluneal-block", "middle-cluneal-block", "inferior-cluneal-block")
REFERRAL = "focused-cluneal-examination"


@pytest.mark.parametrize(
    ("dialect", "writes", "mapped", "expected"),
    [
        ("epic", "orders", [], [*BLOCKS, REFERRAL]),
        ("epic", "orders", [(BLOCKS[0], "right")], [f"{BLOCKS[0]} left", *BLOCKS[1:], REFERRAL]),
        ("epic", "orders", [(BLOCKS[0], "right"), (BLOCKS[0], "left"), (REFERRAL, "")], [*BLOCKS[1:]]),
        ("epic", "orders", [(one, "") for one in (*BLOCKS, REFERRAL)], []),
        # A referral has no side.
        ("epic", "orders", [*((one, "") for one in BLOCKS), (REFERRAL, "right")], [REFERRAL]),
        # Nothing can be drafted there anyway, or our own codes will do.
        ("epic", "text", [], []),
        ("oracle", "text", [], []),
        ("generic", "full", [(BLOCKS[0], "right")], []),
    ],
)
def test_what_has_no_code_is_named(dialect, writes, mapped, expected):
    """Each order, or the one side of it that the site's catalogue has no item for."""
    codes = tuple(OrderCode(ours, "urn:oid:2.999.1", str(number), side=side) for number, (ours, side) in enumerate(mapped))

    assert list(undrafted(Speech(dialect, writes, order_codes=codes), load_knowledge())) == expected
