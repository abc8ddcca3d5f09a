"""The shapes of the knowledge files: what a clinician may write, and nothing else.

The name of a file is the identity of what it holds. Every file says where it comes from: publications of `evidence/`, or strength "expert".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from service.knowledge.blocks import Blocks
from service.knowledge.criteria import Criterion
from service.knowledge.nerve import Nerve
from service.knowledge.orders import Orders
from service.knowledge.provenance import AttributeFile, Publication, Version
from service.knowledge.quiet import Quiet
from service.knowledge.shape import Shape, Sourced, Words
from service.knowledge.thresholds import Adjustments, Days, Number, Threshold, Told
from service.knowledge.wording import Wording


class FindingDefinition(Sourced):
    """A finding and the ways to recognise it; one way that answers PRESENT is enough.

    words   how a card names it, lower case ("lumbar fusion");  short: the same in a summary, where words are few
    opposite     findings that mean the contrary: they may share nothing that tells the two apart
    holds_back   it speaks only for silence or caution: entries in doubt (whose, of which status, of what date) count as well
    """

    label: Told
    words: Told
    short: str = ""
    holds_back: bool = False
    opposite: tuple[str, ...] = ()
    recognised: tuple[Criterion, ...] = Field(min_length=1)


# A phrase of signs alone would never be found.
Spoken = Annotated[Words, StringConstraints(pattern="[A-Za-z0-9]")]


class Phrase(Shape):
    """Words that mean it when they stand in one clause: one of each group, in any order, at most `apart` words from the first to the
    last, none of `never_between` among them ("severe arthropathy, mild stenosis" is no severe stenosis), and with `one_breath` no comma.

    alone      the clause says nothing else: no word of it but little ones ("Symptoms reproduced." after "Iliac crest tender.")
    opening    the clause begins with it, or with little words before it
    any_pair   every word of the second group that is near enough counts, not only the nearest: no red flag hides behind another word
    """

    words: tuple[Annotated[tuple[Spoken, ...], Field(min_length=1)], ...] = Field(min_length=1)
    apart: int = 12
    never_between: tuple[Words, ...] = ()
    one_breath: bool = False
    any_pair: bool = False
    alone: bool = False
    opening: bool = False


class PhraseList(Sourced):
    """The ways in which clinicians write one thing.

    denied       it is meant when the phrase is denied ("no stenosis")
    past_counts  it is also meant when it is said of the past ("history of laminectomy")
    never_with   words that make it something else when they stand in the same clause ("hay fever")
    spared       where they do not ("severe facet")
    """

    label: Words
    denied: bool = False
    past_counts: bool = False
    never_with: tuple[Words, ...] = ()
    spared: tuple[Words, ...] = ()
    phrase: tuple[Phrase, ...] = Field(min_length=1)


class Language(Sourced):
    """The little words that turn a sentence round, and where their reach ends.

    fillers   words beside which a phrase still stands alone
    begins_anew, no_item  what is no further item of a list of denials, at its beginning or anywhere in it
    over      said after a thing, it was there once
    settled   what was done about it: with a year long gone it is over
    misspelt  words that are read with one letter wrong;  rightly: words that look like one of those and are none
    """

    negation: tuple[Words, ...]
    negation_after: tuple[Words, ...]
    negation_next: tuple[Words, ...]
    not_negation: tuple[Words, ...]
    takes_denial: tuple[Words, ...]
    doubt: tuple[Words, ...]
    doubt_after: tuple[Words, ...]
    suspicion: tuple[Words, ...]
    past: tuple[Words, ...]
    not_past: tuple[Words, ...]
    past_after: tuple[Words, ...]
    settled: tuple[Words, ...]
    still: tuple[Words, ...]
    same_subject: tuple[Words, ...]
    answers_list: tuple[Words, ...]
    modifiers: tuple[Words, ...]
    fillers: tuple[Words, ...]
    begins_anew: tuple[Words, ...]
    no_item: tuple[Words, ...]
    over: tuple[Words, ...]
    grades: tuple[Words, ...]
    others: tuple[Words, ...]
    reach_ends: tuple[Words, ...]
    answers_no: tuple[Words, ...]
    right: tuple[Words, ...]
    left: tuple[Words, ...]
    both_sides: tuple[Words, ...]
    not_sides: tuple[Words, ...]
    history_sections: tuple[Words, ...]
    unread_sections: tuple[Words, ...]
    title_sections: tuple[Words, ...]
    seen_sections: tuple[Words, ...]
    misspelt: tuple[Words, ...]
    rightly: tuple[Words, ...]


class Study(Sourced):
    """A kind of imaging study and when one of it is valid: final, within the window, and made after the last event named by `after`."""

    label: Words
    words: Words
    value_set: tuple[str, ...]
    region_free: tuple[str, ...] = ()
    named: str
    within_days: Days
    after: str


class Context(Sourced):
    """What must be on record beside an entry whose code or words do not say enough by themselves.

    same_day     a procedure of one of these value sets on the same day, give or take one
    sites        a body site of one of these value sets;  named: one of these phrases in its own words
                 one of same_day, sites and named is enough; when none is given, nothing is asked
    also_named   phrases that its own words must hold besides
    never_with   phrases in its own words, and never_same_day: procedures of that day, that speak against it
    unless_named phrases in its own words that outweigh never_with ("fusion T10-S1")
    """

    label: Words
    same_day: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    named: str | None = None
    also_named: str | None = None
    never_with: str | None = None
    unless_named: str | None = None
    never_same_day: tuple[str, ...] = ()


_DECIDED_IN_CODE = ("silence-nerve", "quiet", "guidance", "band", "tier")


class RuleRow(Sourced):
    """A rule: it holds when all of `all_of`, one of `any_of` and none of `none_of` say so, and no finding of `unless` is present.

    effect    silence: nothing is said;  silence-nerve: nothing of that nerve;  required: without it nothing is said;
              quiet: nothing is said again for a while, as quiet.toml has it;
              cap-low, cap-moderate: the highest tier;  stop-block: no block is offered;  caution, against: said on the card;
              support: named among the rules that decided;  guidance: said on a card that offers it
              band: how the result of a block reads;  tier: decided in code, as its sentence says
    over_blocks  of silence: it also keeps back what a block showed;  warns: it makes the card at a drafted block a warning
    brief     the same in few words, for a card that is full;  next: what may follow from it
    opposite  a cap-low that is only a cap-moderate when the lesion lies on the other side than the pain
    says      why nothing is said, or what the clinician is told; one sentence
    asks_for  of required, what has to be so: its state stands beside it, and "met" beside what is missing would read as its opposite
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]+-([0-9]{1,2}[a-z]?|[A-Za-z]+)$")]
    says: Told
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    brief: Told = ""
    asks_for: Told = ""
    next: Told = ""
    opposite: bool = False
    over_blocks: bool = False
    warns: bool = False
    effect: Literal[
        "silence",
        "silence-nerve",
        "quiet",
        "required",
        "cap-low",
        "cap-moderate",
        "stop-block",
        "caution",
        "against",
        "support",
        "guidance",
        "band",
        "tier",
    ]

    @cached_property
    def asks(self) -> frozenset[str]:
        """Every finding that the rule looks at."""
        return frozenset((*self.all_of, *self.any_of, *self.none_of, *self.unless))

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.effect in _DECIDED_IN_CODE) == bool(self.all_of or self.any_of or self.none_of):
            raise ValueError(f"needs findings in all_of, any_of or none_of (and a rule with effect {', '.join(_DECIDED_IN_CODE)} has none)")
        if (self.effect == "required") != bool(self.asks_for):
            raise ValueError("needs asks_for, what has to be so, with effect required, and with no other")
        return self


class RuleFile(Shape):
    """The rules of one stage, in the order of their numbers."""

    says: Words
    rule: tuple[RuleRow, ...] = Field(min_length=1)


class Pathway(Sourced):
    """The findings and numbers that the stages themselves speak of.

    pain            pain is on record now;  generic_pain: without a territory
    side_of_pain    findings whose entries tell the side of the pain
    harvest         the events whose side stands in when the side of the pain is unknown
    competing       diagnoses that forbid a card without a known territory
    support_needed  kinds of support for a moderate tier
    unplaced_point  a tender point reproduces the pain, but nobody wrote where
    """

    pain: Words
    generic_pain: tuple[str, ...]
    side_of_pain: tuple[str, ...]
    harvest: tuple[str, ...]
    competing: tuple[str, ...]
    unplaced_point: Words
    imaging: Words
    examined: tuple[str, ...]
    support_needed: Number
    silent_tier: Words


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A named set of codes: (system, code) pairs, canonical systems only."""

    id: str
    title: str
    codes: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything that is known, immutable, cross-checked and compiled for reading.

    own_codes codes of our own CodeSystem for examinations, (system, code)
    adjustments  what the site decided differently: the thresholds are already as it wants them
    digest    the fingerprint of the files it was read from
    rules     stage letter (X, D, I, C, N, H, ...) -> its rules in the order of their numbers
    stages    stage letter -> what its file says of its rules
    codes     (system or alias, code) -> (canonical system, names of the value sets that hold it)
    systems   alias -> canonical URI
    lexicon   resource type -> word -> (phrase list, the words of each group of a phrase): phrases listened for in such resources
    slips     a word with one letter wrong -> the word that is meant
    stirs     value set or phrase list -> findings that stay unknown without it; "" -> findings that are always looked at
    """

    version: Version
    systems: Mapping[str, str]
    value_sets: Mapping[str, ValueSet]
    findings: Mapping[str, FindingDefinition]
    phrases: Mapping[str, PhraseList]
    language: Language
    studies: Mapping[str, Study]
    contexts: Mapping[str, Context]
    rules: Mapping[str, tuple[RuleRow, ...]]
    stages: Mapping[str, str]
    nerves: Mapping[str, Nerve]
    pathway: Pathway
    wording: Wording
    evidence: Mapping[str, Publication]
    thresholds: Mapping[str, Threshold]
    blocks: Blocks
    orders: Orders
    quiet: Quiet
    attributes: AttributeFile
    own_codes: frozenset[tuple[str, str]]
    adjustments: Adjustments
    digest: str
    codes: Mapping[tuple[str, str], tuple[str, frozenset[str]]]
    lexicon: Mapping[str, Mapping[str, tuple[tuple[str, tuple[tuple[frozenset[str], ...], ...]], ...]]]
    slips: Mapping[str, str]
    stirs: Mapping[str, frozenset[str]]
