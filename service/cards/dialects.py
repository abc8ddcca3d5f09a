"""What each client's screen can show and what its chart can take, as far as that is known. It shapes a card and never decides about one.

Epic and Oracle are as their documents describe them, the sandbox as it behaves; what is not known of a client is not asked of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.call import Call
from service.fhir.write import site_codes
from service.record import Side
from service.speech import LEVELS, MOST, Dialect, Writes


@dataclass(frozen=True, slots=True)
class Shape:
    """How cards look to the clients of one dialect.

    most_at_orders         the most that an accepted suggestion can write there at an order hook
    any_only               several suggestions may always be accepted together, whatever a card says
    by_site_code           an order is found by the code that the site gave it, and by nothing else
    with_reasons           a card can be overridden with a reason;  with_apps: a link can open a SMART app
    narrow                 a column of a screen: a summary of about 90 characters, a short detail
    """

    most_at_orders: Writes = "full"
    any_only: bool = False
    by_site_code: bool = False
    with_reasons: bool = True
    with_apps: bool = True
    narrow: bool = False


SHAPES: Mapping[Dialect, Shape] = {
    "generic": Shape(),
    # 3.0-ballot adds `actionSelectionBehavior`. Left out it means all actions together, which is what a suggestion of ours always means.
    "v3": Shape(),
    # No Observation can be created, and an order is an item of the site's own build.
    "epic": Shape(any_only=True, by_site_code=True),
    # Suggestions and feedback are not described anywhere: the card stands alone as text.
    "oracle": Shape(with_reasons=False, with_apps=False, narrow=True),
    # Its order screens stumble over a suggestion that is not about their own drug or rating.
    "sandbox": Shape(most_at_orders="text"),
}


def shape_of(call: Call) -> Shape:
    """How cards look to the client that asks."""
    return SHAPES[call.speech.dialect]


def level_of(call: Call) -> Writes:
    """What an accepted suggestion may write: what the client is set to, as far as its dialect can."""
    here: Writes = shape_of(call).most_at_orders if call.hook in ("order-select", "order-sign") else "full"
    return min(call.speech.writes, MOST[call.speech.dialect], here, key=LEVELS.index)


def takes_findings(call: Call) -> bool:
    """Whether a click can record what pressing a point brings on."""
    return level_of(call) == "full"


def takes_order(call: Call, ours: str, side: Side | None = None) -> bool:
    """Whether a click can draft an order, known by our code and its side."""
    return level_of(call) != "text" and (not shape_of(call).by_site_code or bool(site_codes(call.speech, ours, side)))
