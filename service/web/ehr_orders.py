"""The orders that a visitor of the mock EHR can draft, and the entries that its forms write: FHIR with the codes of the knowledge."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

from cds_hooks.errors import MalformedRequest
from service.call import Call
from service.fhir.write import CPT_BLOCK, Resource, block_order, exam_observation
from service.fhir.write_blocks import BlockNote, block_procedure, block_response, reported_response
from service.knowledge.model import Knowledge
from service.knowledge.nerve import Nerve
from service.record import Side

_CPT = CPT_BLOCK["system"]
_BY_HAND = "Entered by hand in the mock EHR."
_MOST_PAIN, _MOST_DAYS, _MOST_MINUTES, _MOST_HOURS, _PERCENT = 10, 3_650, 10_080, 100_000, 100


@dataclass(frozen=True, slots=True)
class Draft:
    """An order that can be drafted: its name here, and what the menu says."""

    id: str
    label: str
    make: Callable[[Call], Resource]


def drafts(knowledge: Knowledge) -> tuple[Draft, ...]:
    """What the order menu offers: every order that the service speaks of, and one of which it says nothing."""
    return tuple(_drafts(knowledge))


def _drafts(knowledge: Knowledge) -> Iterator[Draft]:
    for number, kind in enumerate(knowledge.orders.kind):
        codes = sorted(code for name in kind.value_set for system, code in knowledge.value_sets[name].codes if system == _CPT)
        if codes:
            label = f"{kind.label[0].upper()}{kind.label[1:]}"
            yield Draft(f"kind-{number}", label, _order({"system": _CPT, "code": codes[0]}, label))
    for name, nerve in _in_order(knowledge):
        for side in (Side.RIGHT, Side.LEFT):
            yield Draft(f"{name}-{side.value}", f"{nerve.block_label}, {side.value.upper()}", _block(nerve, side))
    yield Draft("other", "Saphenous nerve block, right (another nerve)", _order(CPT_BLOCK, "Saphenous nerve block, right"))


def _in_order(knowledge: Knowledge) -> list[tuple[str, Nerve]]:
    return sorted(knowledge.nerves.items(), key=lambda item: item[1].order)


def _block(nerve: Nerve, side: Side) -> Callable[[Call], Resource]:
    return lambda call: block_order(nerve, side, call=call, references=(), note=_BY_HAND)


def _order(coding: Mapping[str, str], text: str) -> Callable[[Call], Resource]:
    return lambda call: {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "priority": "routine",
        "code": {"coding": [dict(coding)], "text": text},
        "subject": {"reference": f"Patient/{call.patient}"},
        **({"encounter": {"reference": f"Encounter/{call.encounter}"}} if call.encounter else {}),
    }


def examined(asked: Mapping[str, object], knowledge: Knowledge, *, today: date) -> Resource:
    """What the form of an examination writes. Raises MalformedRequest."""
    nerve, side = _nerve(asked, knowledge), _side(asked)
    return exam_observation(nerve, side, reproduces=asked.get("reproduces") is True, call=call_of(asked), today=today, note=_BY_HAND)


def blocked(asked: Mapping[str, object], knowledge: Knowledge, *, today: date) -> list[Resource]:
    """What the form of a block that was done writes: the block, and what came of it. Raises MalformedRequest."""
    nerve, side, call = _nerve(asked, knowledge), _side(asked), call_of(asked)
    note = BlockNote(
        today - timedelta(days=int(_number(asked, "daysAgo", _MOST_DAYS) or 0)),
        before=_number(asked, "before", _MOST_PAIN),
        after=_number(asked, "after", _MOST_PAIN),
        minutes=_number(asked, "minutes", _MOST_MINUTES),
        relief=_number(asked, "relief", _PERCENT),
        hours=_number(asked, "hours", _MOST_HOURS),
        steroid=asked.get("steroid") is True,
        sedation=asked.get("sedation") is True,
    )
    done = str(uuid5(NAMESPACE_URL, f"{call.patient}|{asked.get('number')}"))
    procedure = block_procedure(nerve, side, call=call, day=note.day, id_=done)
    if note.before is None and note.after is None and note.relief is not None:
        return [procedure, reported_response(note, call=call, procedure=done)]
    return [procedure, block_response(nerve, side, note, call=call, codes=knowledge.blocks.codes, procedure=done)]


def call_of(asked: Mapping[str, object]) -> Call:
    """Who writes about whom. Raises MalformedRequest."""
    return Call(_text(asked, "patient"), user=_text(asked, "user"), encounter=_text(asked, "encounter", needed=False))


def _nerve(asked: Mapping[str, object], knowledge: Knowledge) -> Nerve:
    name = asked.get("nerve")
    if not isinstance(name, str) or name not in knowledge.nerves:
        raise MalformedRequest(f"`nerve` must be one of {', '.join(knowledge.nerves)}.")
    return knowledge.nerves[name]


def _side(asked: Mapping[str, object]) -> Side:
    sides = {side.value: side for side in (Side.RIGHT, Side.LEFT)}
    side = asked.get("side")
    if not isinstance(side, str) or side not in sides:
        raise MalformedRequest("`side` must be right or left.")
    return sides[side]


def _number(asked: Mapping[str, object], name: str, most: float) -> float | None:
    value = asked.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise MalformedRequest(f"`{name}` must be a number from 0 to {most}.")
    return value


def _text(asked: Mapping[str, object], name: str, *, needed: bool = True) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str) or len(value) > 200 or (needed and not value):
        raise MalformedRequest(f"`{name}` must be a short text.")
    return value
