"""A report in words: sections of rows, the same for the terminal, the page, CSV and JSON. The sentences of all of them stand here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.knowledge.model import Knowledge
from service.numbers.report import NO_REASON, OTHER_REASON, Day, Fate, Quality, Report, Side, Way
from service.numbers.share import Share
from service.numbers.taken import offered_reasons

# Counts of 1 to 10 people, and whatever lets them be worked out, are not shown; none is. Source: the cell size suppression policy of the
# Centers for Medicare & Medicaid Services, https://resdac.org/articles/cms-cell-size-suppression-policy
FEWEST_PATIENTS = 11
BELOW, MAYBE_BELOW = "below what was agreed", "below what was agreed, perhaps by chance"
ACCEPTED, _OPEN = "accepted", "open"
_MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class Row:
    """One number. `value` is in `unit`: per 100, a count, ms or days; None where there is nothing to divide by, or it is not to be shown.

    low, high  of its 95 % interval, where it is a part of a whole
    note       what is to be thought of with it
    """

    measure: str
    group: str
    numerator: int | None
    denominator: int | None
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one title. `says`: what is counted and what it rests on; `heading`: what the groups are."""

    name: str
    title: str
    says: str
    heading: str
    rows: tuple[Row, ...]


def sections(report: Report, knowledge: Knowledge) -> tuple[Section, ...]:
    """Every part of the report of which there is something to say."""
    words, fates = _rule_words(knowledge), _FATE.format(report.frame.ignored_after)
    found = [
        Section("calls", "Calls", _CALLS, "", tuple(_calls(report))),
        Section("per-100", "Cards per 100 encounters", _PER_100, "cards", tuple(_per_100(report.live))),
        Section("time", "Over time", _TIME, "from", tuple(_over_time(report.live))),
        Section("fate", "What became of the cards", fates, "cards", tuple(_fate_groups(report.live))),
        Section("rules", "What became of the cards, by rule", _rules_say(report), "rule", tuple(_by_rule(report))),
        Section("reasons", "Why cards were overridden", _REASONS, "reason", tuple(_reasons(report, knowledge))),
        Section("silence", "Why nothing was said", _SILENCE, "rule", tuple(_silences(report.live, words))),
        Section("blocks", "From the card to a block", _BLOCKS, "", tuple(_blocks(report))),
        Section("times", "How long calls took", _TIMES, "client and hook", tuple(_times(report))),
        Section("data", "What the charts of the clients are like", _DATA, "client", tuple(_data(report.quality))),
        Section("shadow", "Shadow mode", _SHADOW, "", tuple(_shadow(report.shadow, words))),
    ]
    return tuple(one for one in found if one.rows)


_CALLS = "Each chart that was judged. Calls that were refused before that (no valid token, no readable request) stand in the audit."
_PER_100 = (
    "Encounters with a card, and cards of each sort, per 100 encounters in which the service was asked. A card counts once in an "
    "encounter; of several nerves the first counts. A call that names no encounter is taken for one of that patient and day."
)
_FATE = (
    "A card counts once in an encounter, however often it was shown there. Ignored is inferred: nothing was heard for {} days. "
    "Parts are those of the cards whose fate is known, that is without those still open."
)
_TIME = "Calls by civil day, or by week where the period is long, and those of them that gave a card."
_REASONS = "Of the cards that were overridden and not accepted, by the reason given last."
_SILENCE = "Of the calls without a card, by the first rule that kept it back, (quiet) after an earlier card; and of those refused, by key."
_BLOCKS = (
    "Of all patients who were given a card to examine or to consider a block. Ordered: the order of a block card was accepted, or a "
    "later call saw a cluneal block among the orders. Done: a later call saw one in the chart; it was done on that day or before. Of "
    "the others it is not known, or it was so before the card. Days are counted to the call or click that told. "
    f"Nothing that tells of fewer than {FEWEST_PATIENTS} patients is shown."
)
_TIMES = (
    "Milliseconds from the readable request to the judged chart, what had to be fetched included, the store not. 95 of 100 calls "
    "took no longer than the last number."
)
_DATA = (
    "Prefetch keys that were not read, or not whole, at calls for which they matter; entries whose codes are all of systems that no"
    " value set uses, which a code map may make known; entries that a rule could use, without any date."
)
_SHADOW = "Clients in shadow mode: charts are judged, cards are counted and not shown."


def _rule_words(knowledge: Knowledge) -> Mapping[str, str]:
    return {row.id: row.says for rows in knowledge.rules.values() for row in rows}


def _count(measure: str, number: int, note: str = "") -> Row:
    return Row(measure, "", number, None, float(number), "count", note=note)


def share_row(measure: str, group: str, share: Share, note: str = "") -> Row:
    """A part of a whole, per 100, with its interval."""
    low, high = share.interval or (None, None)
    return Row(measure, group, share.part, share.whole, _per_hundred(share.rate), "per 100", _per_hundred(low), _per_hundred(high), note)


def _per_hundred(rate: float | None) -> float | None:
    return None if rate is None else round(100 * rate, 2)


def _calls(report: Report) -> Iterator[Row]:
    live = report.live
    if not report.calls:
        return
    for measure, part in (("with a card", live.with_card), ("silent", live.silent), ("refused (412)", live.refused)):
        yield share_row("calls", measure, Share(part, live.calls))
    yield _count("showings of a card", live.showings)
    yield _count("calls in shadow mode", report.shadow.calls)
    yield _count("calls without a record", report.unrecorded, "at least so many; told by later calls, for the store was down")
    if report.untold:
        yield _count("calls of which shadow mode is not told", report.untold, "of an earlier version; silent ones count as not shadow")
    if report.unmatched.whole:
        yield share_row("feedback", "about cards never given to that client", report.unmatched)


def _per_100(side: Side) -> Iterator[Row]:
    if not side.encounters.whole:
        return
    yield share_row("encounters with a card", "all", side.encounters)
    sorts = (("nerve", side.by_nerve), ("tier", side.by_tier), ("kind", side.by_kind))
    for what, fates in sorts:
        for name, fate in fates.items():
            rate = round(100 * fate.cards / side.encounters.whole, 2)
            yield Row("cards", f"{what} {name}", fate.cards, side.encounters.whole, rate, "per 100")


def _over_time(side: Side) -> Iterator[Row]:
    for first, calls, with_card in steps_of(side.days):
        yield share_row("with a card", first.isoformat(), Share(with_card, calls))


def steps_of(days: Sequence[Day]) -> tuple[tuple[date, int, int], ...]:
    """First day, calls, and calls with a card: of each day, or of each week from Monday where there are many days."""
    weekly = bool(days) and (days[-1].day - days[0].day).days >= _MOST_DAYS
    found: dict[date, tuple[int, int]] = {}
    for one in days:
        first = one.day - timedelta(one.day.weekday()) if weekly else one.day
        calls, with_card = found.get(first, (0, 0))
        found[first] = calls + one.calls, with_card + one.with_card
    return tuple((first, *counts) for first, counts in found.items())


def _fates(group: str, fate: Fate, note: str = "") -> Iterator[Row]:
    yield share_row(ACCEPTED, group, fate.acceptance, note)
    yield share_row("overridden", group, Share(fate.overridden, fate.decided))
    yield share_row("ignored", group, Share(fate.ignored, fate.decided))
    yield Row(_OPEN, group, fate.open, None, float(fate.open), "count")


def _fate_groups(side: Side) -> Iterator[Row]:
    if not side.fate.cards:
        return
    yield from _fates("all", side.fate)
    for what, fates in (("kind", side.by_kind), ("tier", side.by_tier), ("nerve", side.by_nerve)):
        for name, fate in fates.items():
            yield from _fates(f"{what} {name}", fate)


def _rules_say(report: Report) -> str:
    agreed = report.frame.agreed
    said = "A card stands under every rule that decided with it."
    if not agreed:
        return f"{said} No acceptance was agreed, so no rule is flagged."
    return f"{said} A rule whose acceptance lies below the agreed one is flagged; perhaps by chance where the interval reaches it."


def _by_rule(report: Report) -> Iterator[Row]:
    for rule, fate in report.live.by_rule.items():
        yield from _fates(rule, fate, verdict(fate.acceptance, report.frame.agreed.of(rule)) or "")


def verdict(acceptance: Share, agreed: float | None) -> str | None:
    """How an acceptance lies to the agreed one; None where it is not below, or nothing was agreed or is known."""
    if agreed is None or acceptance.rate is None or acceptance.interval is None or acceptance.rate >= agreed:
        return None
    return f"{BELOW if acceptance.interval[1] < agreed else MAYBE_BELOW} ({100 * agreed:g} per 100)"


def _reasons(report: Report, knowledge: Knowledge) -> Iterator[Row]:
    displays = {**offered_reasons(knowledge), OTHER_REASON: "A reason that the card did not offer", NO_REASON: "No reason given"}
    whole = sum(report.reasons.values())
    for code, cards in report.reasons.items():
        yield share_row("overridden", displays[code], Share(cards, whole), "" if code in (OTHER_REASON, NO_REASON) else code)


def _silences(side: Side, words: Mapping[str, str]) -> Iterator[Row]:
    for (rule, paused), calls in side.silences.items():
        yield share_row("silent", f"{rule} (quiet)" if paused else rule, Share(calls, side.silent), "" if paused else words.get(rule, ""))
    for key, calls in side.refusals.items():
        yield share_row("refused", key, Share(calls, side.refused), "this key could not be read, or held another patient")


def _blocks(report: Report) -> Iterator[Row]:
    if not report.done.patients.whole:
        return
    for what, way in (("block ordered", report.ordered), ("block done", report.done)):
        yield from _way(what, way)


def _way(what: str, way: Way) -> Iterator[Row]:
    share = way.patients
    if any(0 < part < FEWEST_PATIENTS for part in (share.part, share.whole - share.part)):
        yield Row("patients", what, None, None, None, "per 100", note=f"not shown: fewer than {FEWEST_PATIENTS} patients in a part")
        return
    yield share_row("patients", what, share, f"of {share.whole - share.part} not known")
    if way.days is not None:
        yield Row("days from the card, median", what, None, None, round(way.days, 1), "days")


def _times(report: Report) -> Iterator[Row]:
    for one in report.times:
        group = f"{one.client}, {one.hook}" if one.client else "all"
        yield Row("calls", group, one.calls, None, float(one.calls), "count")
        yield Row("median", group, None, one.calls, one.median, "ms")
        yield Row("95 of 100", group, None, one.calls, one.most, "ms")


def _data(quality: Iterable[Quality]) -> Iterator[Row]:
    for one in quality:
        name = one.client or "open"
        yield Row("calls", name, one.calls, None, float(one.calls), "count")
        for key, share in one.unread.items():
            yield share_row(f"{key} not read", name, share)
        yield share_row("entries with unknown codes", name, one.unknown_codes)
        yield share_row("entries without a date", name, one.undated)


def _shadow(side: Side, words: Mapping[str, str]) -> Iterator[Row]:
    if not side.calls + side.showings:
        return
    for measure, part in (("with a card", side.with_card), ("silent", side.silent), ("refused (412)", side.refused)):
        yield share_row("calls", measure, Share(part, side.calls))
    yield from _per_100(side)
    yield from _silences(side, words)
