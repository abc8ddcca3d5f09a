"""Whether a word of denial bears on a phrase: before it, within it, behind it, or along a list.

The words are those of `knowledge/language.toml`; a clause and the place of the phrase in it, first word and last, come in.
"""

from collections.abc import Mapping

from service.reasoning.clauses import Clause, breath
from service.reasoning.mention import Sense
from service.reasoning.phrases import Phrases, Span, any_in, covered, stands

Triggers = Mapping[str, Phrases]
_SIDES = ("right", "left", "both_sides")
_ENDS = ((), ("bilaterally",), ("bilat",), ("bilateral",), ("b", "l"), ("on", "both", "sides"))
_OR = frozenset({"or", "nor"})
# Words of an item in a list of denials, and how far behind a phrase a denial may begin: nearer when a comma stands between.
_LONGEST_ITEM = 4
_NEAR, _NEAR_PAST_COMMA = 9, 7


def denial(clause: Clause, span: Span, reach: Span, triggers: Triggers) -> Sense | None:
    """DENIED, DOUBTED or PAST when a word of denial bears on the phrase, else None; `reach`: the part of the clause that can."""
    first, last = span
    start, end = reach
    spared = covered(clause, triggers["not_negation"])
    # A phrase that begins with a denial ("cannot raise") is not denied by it.
    found = [(at, size) for at, size in stands(clause, triggers["negation"]) if at <= last and at != first]
    denials = [(at, size) for at, size in found if spared.isdisjoint(range(at, at + size))] if spared else found
    if inside := [place for place, _ in denials if first < place]:
        # "severe foraminal but no canal stenosis" may still mean the first; "severe wear, no stenosis" does not.
        between = clause.words[first + 1 : inside[0]]
        return Sense.DOUBTED if between and all(word in triggers["modifiers"] for word in between) else Sense.DENIED
    answers = [at for at, size in stands(clause, triggers["negation_after"]) if first < at and at + size <= last and at not in spared]
    if answers and "," not in clause.words[first:last]:  # "Tinel negative over the crest"
        return Sense.DENIED
    if _answered_no(clause, last, triggers):
        return Sense.DENIED
    before = [place + size for place, size in denials if start <= place]
    if before and (said := _denied_before(clause, before[-1], span, triggers)) is not None:
        return said
    return _denied_behind(clause, last, end, spared, triggers)


def _denied_before(clause: Clause, trigger_end: int, span: Span, triggers: Triggers) -> Sense | None:
    """Whether a denial before the phrase reaches it: not past a word that takes it ("no change in"), past commas only in a list."""
    words, (first, last) = clause.words, span
    if any_in(clause, triggers["takes_denial"], trigger_end, first):
        return None
    commas = [place for place in range(trigger_end, first) if words[place] == ","]
    if not commas:
        return Sense.DENIED
    head = words[commas[-1] + 1]
    if head in triggers["begins_anew"]:
        return None
    later = any(words[at] == "," and words[at + 1] in _OR for at in range(last, len(words) - 1))
    listed = (
        later or not _OR.isdisjoint(words[trigger_end:last]) or _goes_on_to_or(words[last + 1 :]) or _is_bare(words[trigger_end:], triggers)
    )
    if head in triggers["grades"]:
        return Sense.DOUBTED if listed else None
    return Sense.DENIED if listed else Sense.DOUBTED


def _denied_behind(clause: Clause, last: int, end: int, spared: set[int], triggers: Triggers) -> Sense | None:
    """What is said of the phrase behind it: that it is not there, that it is over, or, past a comma, something of another thing."""
    after = _said("negation_after", clause, last, end, spared, triggers)
    if any(not _of_another(clause, last, place, triggers) for place in after):
        return Sense.DENIED
    if any(place == last + 1 and clause.words[place + size :] in _ENDS for place, size in stands(clause, triggers["negation_next"])):
        return Sense.DENIED
    if any(not _of_another(clause, last, place, triggers) for place in _said("over", clause, last, end, spared, triggers)):
        return Sense.PAST
    # "right reproduces the pain, left does not": of another, but of the other side, which nobody may mix up.
    sided = any(any_in(clause, triggers[side], breath(clause, place), place) for place in after for side in _SIDES)
    return Sense.DOUBTED if sided else None


def _said(name: str, clause: Clause, last: int, end: int, spared: set[int], triggers: Triggers) -> list[int]:
    """Where such words stand behind the phrase, near enough to be said of it."""
    return [
        place
        for place, size in stands(clause, triggers[name])
        if last < place < end and place not in spared and (_is_near(clause, last, place) or _is_last_word(clause, place, size))
    ]


def _goes_on_to_or(words: tuple[str, ...]) -> bool:
    """Whether a list goes on after a phrase, in short items, to its last "or": "no fracture, discitis, collection or abscess"."""
    since = 0
    for word in words:
        if word in _OR:
            return True
        since = 0 if word == "," else since + 1
        if since > _LONGEST_ITEM:
            break
    return False


def _is_bare(words: tuple[str, ...], triggers: Triggers) -> bool:
    """Whether words are three short items or more and nothing else: "no disc protrusion, spinal stenosis, nerve root compression"."""
    items = " ".join(words).split(" , ")
    short = len(items) > 2 and all(len(item.split()) <= _LONGEST_ITEM for item in items)
    return short and all(triggers[name].keys().isdisjoint(words) for name in ("no_item", "grades"))


def _answered_no(clause: Clause, last: int, triggers: Triggers) -> bool:
    """Whether the phrase is a question answered by no: "saddle anaesthesia: no", "foot drop - no", "fever no, chills no"."""
    rest = clause.words[last + 1 : last + 8]
    rest = rest[rest.index(":") + 1 :] if ":" in rest else rest
    rest = rest[: rest.index(",")] if "," in rest else rest
    return bool(rest) and (rest[0] == "(-)" or rest in triggers["answers_no"].get(rest[0], ()))


def _is_near(clause: Clause, last: int, place: int) -> bool:
    return place < last + (_NEAR_PAST_COMMA if "," in clause.words[last + 1 : place] else _NEAR)


def _is_last_word(clause: Clause, place: int, size: int) -> bool:
    """Whether words after a comma end the clause: "discitis, treated for six weeks, resolved"."""
    return clause.words[place - 1] == "," and place + size == len(clause.words)


def _of_another(clause: Clause, last: int, place: int, triggers: Triggers) -> bool:
    """Whether a denial past a comma is said of something else: "fever, denied chills", "foot drop, sensation is normal"."""
    words = clause.words
    if "," not in words[last + 1 : place]:
        return False
    if words[place] in triggers["answers_list"]:  # unless something of its own follows
        return words[place - 1] == "," and words[place + 1 : place + 2] not in ((), (",",), ("by",), ("in",))
    own = set(words[breath(clause, place) : place])
    return not own <= triggers["same_subject"].keys() and own.isdisjoint(("and", "or", "nor"))
