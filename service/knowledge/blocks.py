"""The shape of blocks.toml: how a block that was done is recognised and its result read (rule G)."""

from service.knowledge.shape import Shape, Sourced, Words
from service.knowledge.thresholds import Number


class ResponseCodes(Shape):
    """The codes, of our own system, of an Observation of a response: itself, and its components."""

    response: Words
    nerve: Words
    side: Words
    before: Words
    after: Words
    minutes: Words
    sedation: Words
    steroid: Words
    relief: Words


class BlockNumbers(Shape):
    """The numbers that a response is read with: days, hours and minutes as their names say, scores of 0 to 10, relief in percent."""

    read_days: Number
    pair_days: Number
    closed_days: Number
    score_before: Number
    score_before_hours: Number
    after_from_minutes: Number
    after_until_minutes: Number
    after_best_minutes: Number
    some_relief: Number
    good_relief: Number
    lasting_days: Number
    transient_hours: Number
    pain_back_percent: Number
    enough: Number


class Blocks(Sourced):
    """What the reading of a block's result names: its documents, what spoils it, its numbers.

    score            value sets of pain scores;  score_units: the units a score of 0 to 10 may carry
    relief_said      phrases of an Observation, Procedure or report that tells of relief, perhaps in percent
    no_relief        phrases that tell of none
    other_site       phrases of another part of the body: a score of it is no score of this pain
    unnamed_block    value sets of blocks of some peripheral nerve: their notes may name it
    any_block        findings of a block of some cluneal nerve, whichever;  other_injection: findings of other injections
    sedated          phrases in the block's own words;  sedatives: findings of drugs, which count when they were prescribed on its day
    with_steroid     phrases in the block's own words: its lasting relief may be the steroid's
    treated          findings of an ablation or operation of a cluneal nerve that is not named
    yes              answers that mean yes; any other word is no answer unless language.toml knows it as a no
    """

    score: tuple[str, ...]
    score_units: tuple[str, ...]
    relief_said: Words
    no_relief: Words
    other_site: Words
    unnamed_block: tuple[str, ...]
    any_block: tuple[str, ...]
    other_injection: tuple[str, ...]
    sedated: tuple[str, ...]
    with_steroid: tuple[str, ...]
    treated: tuple[str, ...]
    sedatives: tuple[str, ...]
    yes: tuple[str, ...]
    codes: ResponseCodes
    numbers: BlockNumbers

    @property
    def phrases(self) -> tuple[tuple[str, str], ...]:
        """(resource type, phrase list) of everything that is listened for here."""
        told = [(kind, name) for kind in ("Observation", "Procedure", "DiagnosticReport") for name in (self.relief_said, self.no_relief)]
        return (*told, *(("Procedure", name) for name in (*self.sedated, *self.with_steroid)))
