"""What of a card the client that asks could not show, would not take, or could take wrongly. Of a card that we send: nothing.

For tests and for a self-check. What a Card cannot be at all (cds_hooks/response.py) is not asked again.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from cds_hooks.response import Action, Card, Suggestion
from service.call import Call
from service.cards.dialects import Shape, level_of, shape_of
from service.cards.wording import LONGEST_DETAIL, MOST_LINES, NARROW_SUMMARY, has_invisible
from service.fhir.write import site_codes
from service.record import Side
from service.speech import Writes

_KINDS: Mapping[Writes, frozenset[str]] = {
    "full": frozenset({"Observation", "ServiceRequest"}),
    "orders": frozenset({"ServiceRequest"}),
    "text": frozenset(),
}
# A tag, a link or an image, a row of a table: no card of ours has one, and a chart's words are escaped.
_MARKUP = {"a tag": r"(?<!\\)<", "a link or an image": r"(?<!\\)\]\s*[(\[]", "a table": r"(?m)^\s*\|", "an address": r"://|www\."}


def problems_of(card: Card, call: Call) -> tuple[str, ...]:
    """A sentence for everything that is wrong with the card for the client that asks."""
    shape = shape_of(call)
    return (*_in_text(card, shape), *_in_frame(card, shape), *_in_choices(card, call), *_in_orders(card, call))


def _in_text(card: Card, shape: Shape) -> Iterator[str]:
    detail = card.detail or ""
    if len(detail) > LONGEST_DETAIL or detail.count("\n") >= MOST_LINES:
        yield "the detail is too long"
    if shape.narrow and len(card.summary) > NARROW_SUMMARY and "(" in card.summary:
        yield "the summary is longer than the column and still has an aside"
    if "cluneal" not in card.summary[:NARROW_SUMMARY]:
        yield "the beginning of the summary does not say what it is about"
    yield from (f"the detail has {name}" for name, pattern in _MARKUP.items() if re.search(pattern, detail))
    actions = (action.description for one in card.suggestions for action in one.actions)
    if any(has_invisible(text) for text in (card.summary, detail, *(one.label for one in card.suggestions), *actions)):
        yield "a text has signs that nobody sees"


def _in_frame(card: Card, shape: Shape) -> Iterator[str]:
    if card.indicator == "critical":
        yield "it would interrupt"
    if card.source.topic is None or not re.fullmatch(r"[A-Za-z0-9]{1,100}", card.source.topic.code):
        yield "the topic is no plain word, so nobody can mute it"
    if card.uuid is None or any(one.uuid is None for one in card.suggestions):
        yield "feedback cannot name the card or a suggestion"
    if card.override_reasons and not shape.with_reasons:
        yield "reasons for overriding are offered where nobody can give one"
    if not shape.with_apps and any(link.type == "smart" for link in card.links):
        yield "a link opens an app"


def _in_choices(card: Card, call: Call) -> Iterator[str]:
    """What a click would do, and what several would do together."""
    several = shape_of(call).any_only
    if several and card.selection_behavior not in (None, "any"):
        yield "the selection behaviour is not the only one the client has"
    for one in card.suggestions:
        if one.is_recommended is not None:
            yield f'"{one.label}" comes pre-selected'
        if several and len(one.actions) > 1:
            yield f'"{one.label}" has more than one action'
        kinds = {_kind(action) for action in one.actions}
        if beyond := kinds - _KINDS[level_of(call)]:
            yield f'"{one.label}" writes {", ".join(sorted(beyond))}'
        if len(kinds) > 1 and not call.speech.combined_attestation:
            yield f'"{one.label}" records and orders at once'
    if card.selection_behavior == "any" and any(_contradict(one, other) for one, other in combinations(card.suggestions, 2)):
        yield "two suggestions that contradict each other can be accepted together"


def _contradict(one: Suggestion, other: Suggestion) -> bool:
    """Whether both record the same point of the same side, and differently."""
    first, second = ({_point(action): _found(action) for action in each.actions if _kind(action) == "Observation"} for each in (one, other))
    return any(first[point] != second[point] for point in first.keys() & second.keys())


def _in_orders(card: Card, call: Call) -> Iterator[str]:
    for action in (action for one in card.suggestions for action in one.actions if _kind(action) == "ServiceRequest"):
        resource = _resource(action)
        text, codings = str(resource["code"]["text"]), resource["code"]["coding"]
        # What the user reads before the click: some clients show no label.
        if not _words(text) <= _words(action.description):
            yield f'"{action.description}" does not say all of "{text}"'
        if resource["intent"] != call.speech.order_intent or resource["status"] != "draft":
            yield f'"{text}" is not the draft that the client asks for'
        side = next((side for side in (Side.RIGHT, Side.LEFT) if text.endswith(f", {side.value.upper()}")), None)
        codes = [(code.system, code.code) for code in site_codes(call.speech, codings[-1]["code"], side)]
        if [(one["system"], one["code"]) for one in codings[: len(codes)]] != codes or (shape_of(call).by_site_code and not codes):
            yield f'"{text}" is not named by the code of the site'


def _resource(action: Action) -> dict[str, Any]:
    return action.resource or {}


def _kind(action: Action) -> str:
    return str(_resource(action).get("resourceType", action.type))


def _point(action: Action) -> str:
    """Which point of which side: "Superior cluneal point palpation, right"."""
    return str(_resource(action)["code"]["text"])


def _found(action: Action) -> str:
    return str(_resource(action)["valueCodeableConcept"]["coding"][0]["code"])


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))
