"""One ingredient of a generated chart: a resource, and what is true of it, said by hand.

The labels are what the invariants are judged by, so that the service is never asked to confirm itself; `tests/test_invariants.py` proves
that the pool is read as it is labelled.
"""

from dataclasses import dataclass

from tests.service.charts import Resource

RIGHT, LEFT = "right", "left"
SIDES = {"": frozenset[str](), RIGHT: frozenset({RIGHT}), LEFT: frozenset({LEFT}), "both": frozenset({RIGHT, LEFT})}
NERVES = ("superior", "middle", "inferior")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One resource and what it says.

    key     the prefetch key it comes under
    side    "right", "left" or "both", as it says of the pain, of a point, of a bone harvest or of a block; of anything else it counts as ""
    nerve   pressing this nerve's point brings on the usual pain, on `side`
    rule    the rule that it makes hold by itself, undoubted and of its own date: X and D silence a chart, H stops a block
    """

    key: str
    resource: Resource
    side: str = ""
    nerve: str = ""
    rule: str = ""

    @property
    def name(self) -> str:
        """The id of the resource, unique in the pool."""
        return str(self.resource["id"])

    @property
    def kind(self) -> str:
        """The type of the resource."""
        return str(self.resource["resourceType"])


def sided(template: str, side: str) -> str:
    """The words of one side: "{}" is where "right", "left" or "both" stands."""
    return " ".join(template.format(side).split())
