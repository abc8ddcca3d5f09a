"""Which of the visits on record the call is about."""

from collections.abc import Iterable

from service.record import Encounter, Fact

_AMBULATORY = ("AMB", "VR", "HH", "FLD", "")


def current_visit(facts: Iterable[Fact], encounter: str | None) -> Encounter | None:
    """The visit with the id that the call names, else the most acute one under the key of that name; None for neither."""
    visits = [fact for fact in facts if isinstance(fact, Encounter) and fact.status != "entered-in-error"]
    by_id = [visit for visit in visits if encounter and visit.reference == f"Encounter/{encounter}"]
    asked = [visit for visit in visits if visit.key == "encounter"]
    if by_id or not asked:
        return by_id[0] if by_id else None
    # Better silent at a bedside than speaking there.
    return min(asked, key=lambda visit: (visit.setting in _AMBULATORY, visit.setting, visit.reference))
