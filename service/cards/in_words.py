"""What no click can write, as a line for the clinician to write: how a finding is recorded and a block ordered in words.

The line says no side and no finding by itself. Filled in, and kept where the next call reads (an examination finding, an order), it is
read back like what a click would have written: tests/service/cards/test_in_words.py.
"""

from service.call import Call
from service.cards.dialects import takes_findings, takes_order
from service.cards.suggestions import blocks_to_order
from service.knowledge.nerve import Nerve
from service.reasoning.findings import Findings
from service.reasoning.pathway import Spoken


def says_instead(outcome: Spoken, findings: Findings, call: Call) -> str:
    """The section of the detail that stands for the suggestions this client cannot take; "" when it takes all of them."""
    nerves = findings.knowledge.nerves
    if outcome.kind == "workup":
        return "" if takes_findings(call) else f"**Record as** {finding_in_words(nerves[outcome.assessments[0].nerve])}"
    left: dict[str, list[str]] = {}
    for one, side in blocks_to_order(outcome, findings):
        if not takes_order(call, nerves[one.nerve].block_code, side):
            left.setdefault(one.nerve, []).append(side.value.upper())
    if not left:
        return ""
    first = next(iter(left))
    written = f"{nerves[first].block_label}, {left[first].pop(0)}"
    likewise = ", ".join(f"{nerves[name].adjective} {'/'.join(sides)}" for name, sides in left.items() if sides)
    return f'**Order as** "{written}"' + (f"; likewise {likewise}." if likewise else ".")


def finding_in_words(nerve: Nerve) -> str:
    """The line that records what pressing a point brings on, its side and its finding left blank, and what to fill in."""
    return f'"___ {nerve.adjective} cluneal point: pressing ___ the usual pain" (side; reproduces/does not reproduce).'
