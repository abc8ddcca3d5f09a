"""The relief between two pain scores, one before a block and one after it: of one visit, one scale and one place.

Source: clinical design 3d, the third way of reading.
"""

from collections.abc import Iterable, Iterator

from service.dates import minutes_between
from service.reasoning.events import is_valid, said
from service.reasoning.findings import Findings
from service.reasoning.relief import exactly
from service.reasoning.responses import Reading, points, relief_between, too_little, wanted
from service.record import Observation, Procedure


def read_scores(block: Procedure, findings: Findings) -> Reading:
    """The relief between the last score before the block and the one nearest to the best time after it."""
    numbers = findings.knowledge.blocks.numbers
    if block.began is None or (block.finished is not None and (minutes_between(block.began, block.finished) or 0) < 0):
        return Reading(missing=(f"the times of the block, {wanted(findings)}",))
    if not block.encounter:
        return Reading(missing=(f"the visit of the block, {wanted(findings)}",))
    before: list[tuple[float, Observation]] = []
    after: list[tuple[float, Observation]] = []
    late = False
    for fact in _scores(block, findings):
        since = minutes_between(block.finished or block.began, fact.began) if fact.began else None
        until = minutes_between(fact.began, block.began) if fact.began else None
        if since is None or until is None:
            continue
        if 0 <= until <= 60 * numbers.score_before_hours:
            before.append((until, fact))
        elif numbers.after_from_minutes <= since <= numbers.after_until_minutes:
            after.append((since, fact))
        late = late or since > numbers.after_until_minutes
    if not before or not after:
        lacks = [
            *(["pain 0-10 before the block"] if not before else []),
            *([f"pain {numbers.after_from_minutes:g}-{numbers.after_until_minutes:g} min after the block"] if not after else []),
        ]
        return Reading(missing=(" and ".join(lacks) + (" (only later ones are on record)" if late and not after else ""),))
    return _between(before, after, findings)


def _between(before: list[tuple[float, Observation]], after: list[tuple[float, Observation]], findings: Findings) -> Reading:
    """The reading of the last score before and the best one after; of two equally near the one with more pain left."""
    best = findings.knowledge.blocks.numbers.after_best_minutes
    _, first = min(before, key=lambda one: (one[0], one[1].reference))
    same = [(since, fact) for since, fact in after if _scale(fact) == _scale(first)]
    if not same:
        return Reading(missing=("scores of one scale before and after the block",))
    since, last = min(same, key=lambda one: (abs(one[0] - best), -(points(one[1].quantity, findings) or 0), one[1].reference))
    start, now = points(first.quantity, findings), points(last.quantity, findings)
    proof = (first.reference, last.reference)
    if start is None or now is None or _contradicted(first, before) or _contradicted(last, same):
        return Reading(missing=("one score: scores of one time differ",), proof=proof)
    if why := too_little(start, findings):
        return Reading(missing=(why,), before=start, after=now, proof=proof)
    told = ((int(gone), points(fact.quantity, findings)) for gone, fact in same if fact is not last)
    return Reading(
        relief=exactly(relief_between(start, now)),
        before=start,
        after=now,
        minutes=int(since),
        others=tuple(sorted((gone, score) for gone, score in told if score is not None)),
        source="scores",
        proof=proof,
    )


def _scores(block: Procedure, findings: Findings) -> Iterator[Observation]:
    """The valid pain scores of the visit of the block that are of no other part of the body."""
    blocks = findings.knowledge.blocks
    elsewhere = findings.knowledge.phrases[blocks.other_site]
    for fact in findings.record.coded(blocks.score):
        if not isinstance(fact, Observation) or fact.encounter != block.encounter or not is_valid(fact, ever=False, suspected=False):
            continue
        if points(fact.quantity, findings) is not None and not said(f"{fact.text} ; {fact.site_text}", elsewhere, findings):
            yield fact


def _scale(fact: Observation) -> tuple[str, str]:
    """What a score was asked with; scores of different codes or units are not compared."""
    return fact.codings[0].code if fact.codings else fact.reference, fact.quantity.unit if fact.quantity else ""


def _contradicted(fact: Observation, others: Iterable[tuple[float, Observation]]) -> bool:
    """Whether another score of the very same moment says something else: then neither proves anything."""
    return any(one.began == fact.began and one.quantity != fact.quantity for _, one in others)
