"""The numbers of a period as values: what was called, said, answered and ignored, with every denominator."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from statistics import median
from typing import Any

from service.agreed_acceptance import AgreedAcceptance
from service.numbers.share import Share
from service.storage.numbers import STEP_MS, Counts, Rows

_SECONDS_A_DAY = 86_400
_READ = ("supplied", "null")
OTHER_REASON, NO_REASON, NONE_NAMED = "another reason", "no reason", "none named"


@dataclass(frozen=True, slots=True)
class Frame:
    """What was asked for: civil days, both of them part of it; one client or all; after how many days without an answer a card counts as
    ignored; what the committee agreed on."""

    since: date
    until: date
    client: str | None
    ignored_after: int
    agreed: AgreedAcceptance


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of cards; `open`: nothing was heard, and it is too early to say that nothing will be."""

    accepted: int = 0
    overridden: int = 0
    ignored: int = 0
    open: int = 0

    @property
    def cards(self) -> int:
        """All of them."""
        return self.decided + self.open

    @property
    def decided(self) -> int:
        """Those of which one can tell: accepted, overridden, or ignored."""
        return self.accepted + self.overridden + self.ignored

    @property
    def acceptance(self) -> Share:
        """Accepted, of those of which one can tell."""
        return Share(self.accepted, self.decided)


@dataclass(frozen=True, slots=True)
class Day:
    """A civil day: its calls, and those of them that gave a card."""

    day: date
    calls: int
    with_card: int


@dataclass(frozen=True, slots=True)
class Side:
    """What one kind of client heard, or would have heard in shadow mode.

    silences   calls by the rule that kept a card back, and whether that was quiet;  refusals: calls by the key that could not be read
    by_...     the fate of cards by what they are; a card that names several nerves stands under the first
    """

    calls: int
    silent: int
    refused: int
    encounters: Share
    showings: int
    days: tuple[Day, ...]
    silences: Mapping[tuple[str, bool], int]
    refusals: Mapping[str, int]
    fate: Fate
    by_kind: Mapping[str, Fate]
    by_nerve: Mapping[str, Fate]
    by_tier: Mapping[str, Fate]
    by_rule: Mapping[str, Fate]

    @property
    def with_card(self) -> int:
        """Calls that gave a card."""
        return self.calls - self.silent - self.refused


@dataclass(frozen=True, slots=True)
class Quality:
    """What the charts of a client are like.

    unread    per prefetch key the calls at which it was not read, or not all of it;  unknown_codes, undated: entries of charts
    unrecorded  calls that left no record, for the store was down, as far as a later one could tell
    """

    client: str
    calls: int
    unread: Mapping[str, Share]
    unknown_codes: Share
    undated: Share
    unrecorded: int


@dataclass(frozen=True, slots=True)
class Times:
    """How long calls took, in milliseconds."""

    client: str
    hook: str
    calls: int
    median: float
    most: float


@dataclass(frozen=True, slots=True)
class Way:
    """How far patients came after their first card of suspicion, and in how many days, the median of those who did."""

    patients: Share
    days: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All numbers of a period; `untold`: calls of which an earlier version did not record whether their client was in shadow mode.

    reasons    overridden cards by the code of their reason
    ordered, done   of all patients with a card of suspicion those who came to a block after it, as far as we know
    unmatched  of the feedback that came in, the items about cards that were never given to that client
    """

    frame: Frame
    clients: tuple[str, ...]
    live: Side
    shadow: Side
    untold: int
    unrecorded: int
    reasons: Mapping[str, int]
    ordered: Way
    done: Way
    times: tuple[Times, ...]
    quality: tuple[Quality, ...]
    unmatched: Share

    @property
    def calls(self) -> int:
        """All calls, in shadow mode and not."""
        return self.live.calls + self.shadow.calls


def report_of(counts: Counts, frame: Frame, *, reasons: Mapping[str, str]) -> Report:
    """The report that the counts of the store are; `reasons`: the display of each override reason that we offer, by its code."""
    calls = counts.calls
    ordered = [_first(row.accepted, row.seen_ordered) for row in counts.blocks]
    return Report(
        frame=frame,
        clients=tuple(sorted({row.client for row in calls})),
        live=_side(counts, live=True),
        shadow=_side(counts, live=False),
        untold=sum(row.calls - row.told for row in calls),
        unrecorded=sum(row.unrecorded for row in calls),
        reasons=_reasons(counts.reasons, reasons),
        ordered=_way(zip((row.carded for row in counts.blocks), ordered, strict=True)),
        done=_way((row.carded, row.done) for row in counts.blocks),
        times=tuple(_times(counts.times)),
        quality=tuple(_quality(counts)),
        unmatched=Share(
            sum(row.items for row in counts.feedback if not row.card_known),
            sum(row.items for row in counts.feedback),
        ),
    )


def _side(counts: Counts, *, live: bool) -> Side:
    calls = [row for row in counts.calls if row.live == live]
    cards = [row for row in counts.cards if row.live == live]
    given = [row for row in counts.with_card if row.live == live]
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for row in calls:
        days[row.today].update(calls=row.calls, with_card=row.calls if row.outcome not in ("silence", "refused") else 0)
    silences, refusals = _silences([row for row in counts.silences if row.live == live])
    return Side(
        calls=sum(row.calls for row in calls),
        silent=sum(row.calls for row in calls if row.outcome == "silence"),
        refused=sum(row.calls for row in calls if row.outcome == "refused"),
        encounters=Share(sum(row.encounters for row in given), sum(row.encounters for row in counts.encounters if row.live == live)),
        showings=sum(row.showings for row in given),
        days=tuple(Day(date.fromisoformat(day), found["calls"], found["with_card"]) for day, found in sorted(days.items())),
        silences=silences,
        refusals=refusals,
        fate=_fates(cards, lambda _: ("",)).get("", Fate()),
        by_kind=_fates(cards, lambda row: (_kind(row),)),
        by_nerve=_fates(cards, lambda row: (row.nerves[0] if row.nerves else NONE_NAMED,)),
        by_tier=_fates(cards, lambda row: (row.tier or NONE_NAMED,)),
        by_rule=_fates(cards, lambda row: tuple(dict.fromkeys(row.rules))),
    )


def _kind(row: Any) -> str:
    return f"order, {'before a block' if row.about == 'block' else 'points first'}" if row.kind == "order" else str(row.kind)


def _fates(cards: Iterable[Any], groups: Callable[[Any], tuple[str, ...]]) -> Mapping[str, Fate]:
    found: dict[str, Fate] = {}
    for row in cards:
        for group in groups(row):
            before = found.get(group, Fate())
            found[group] = replace(before, **{row.fate: getattr(before, row.fate) + row.cards})
    return dict(sorted(found.items()))


def _silences(rows: Iterable[Any]) -> tuple[Mapping[tuple[str, bool], int], Mapping[str, int]]:
    silences: Counter[tuple[str, bool]] = Counter()
    refusals: Counter[str] = Counter()
    for row in rows:
        if row.outcome == "refused":
            refusals.update(dict.fromkeys(row.silence.get("keys", ()), row.calls))
        else:
            silences[row.silence.get("rule", ""), "until" in row.silence] += row.calls
    return dict(silences.most_common()), dict(refusals.most_common())


def _reasons(rows: Rows, known: Mapping[str, str]) -> Mapping[str, int]:
    """By code. What a client wrote of its own is not repeated: it may be anything."""
    codes = {display: code for code, display in known.items()}
    found: Counter[str] = Counter()
    for row in rows:
        code = row.reason_code if row.reason_code in known else codes.get(row.reason_display)
        found[code or (OTHER_REASON if row.reason_code or row.reason_display else NO_REASON)] += row.cards
    return dict(found.most_common())


def _first(*moments: Any) -> Any:
    return min((one for one in moments if one is not None), default=None)


def _way(pairs: Iterable[tuple[Any, Any]]) -> Way:
    """What was seen before the card, or at the same call, is nothing that came of it."""
    given = list(pairs)
    days = [(reached - carded).total_seconds() / _SECONDS_A_DAY for carded, reached in given if reached is not None and reached > carded]
    return Way(Share(len(days), len(given)), median(days) if days else None)


def _times(rows: Rows) -> Iterable[Times]:
    """All calls first, then those of each client and hook; a quantile is the time that so many calls did not exceed."""
    steps: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for row in rows:
        for group in (("", ""), (row.client or "open", row.hook)):
            steps[group][row.step] += row.calls
    for (client, hook), found in sorted(steps.items()):
        yield Times(client, hook, found.total(), _quantile(found, 50), _quantile(found, 95))


def _quantile(steps: Counter[int], percent: int) -> float:
    wanted, seen = -(-steps.total() * percent // 100), 0
    for step, calls in sorted(steps.items()):
        seen += calls
        if seen >= wanted:
            return round(step * STEP_MS, 1)
    return 0.0


def _quality(counts: Counts) -> Iterable[Quality]:
    unread: dict[str, dict[str, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
    for row in counts.keys:
        for key, state in row.data.items():
            unread[row.client][key][state not in _READ] += row.calls
    for client in sorted({row.client for row in counts.calls}):
        calls = [row for row in counts.calls if row.client == client]
        yield Quality(
            client=client,
            calls=sum(row.calls for row in calls),
            unread={key: Share(found[True], found.total()) for key, found in sorted(unread[client].items())},
            unknown_codes=Share(sum(row.unknown_codes for row in calls), sum(row.entries for row in calls)),
            undated=Share(sum(row.undated for row in calls), sum(row.facts for row in calls)),
            unrecorded=sum(row.unrecorded for row in calls),
        )
