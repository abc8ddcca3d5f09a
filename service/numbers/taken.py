"""A report as it is asked for: civil days and a client in, the numbers of the store out."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

from service.knowledge.model import Knowledge
from service.numbers.report import Frame, Report, report_of
from service.storage.database import Store
from service.storage.numbers import Asked, counts_of

# After so many days without an answer a card counts as ignored, unless another number is asked for.
IGNORED_AFTER = 14
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
# At any other order nothing of the chart is asked for.
_BESIDE = ("O-none",)


def take_report(store: Store, frame: Frame, knowledge: Knowledge, *, now: datetime, zone: tzinfo) -> Report:
    """The numbers of the civil days of `frame`, which are those of `zone`, as they stand at `now`."""
    since, until = (datetime.combine(day, time(), zone) for day in (frame.since, frame.until + timedelta(1)))
    unheard = now - timedelta(days=frame.ignored_after)
    return report_of(counts_of(store, Asked(since, until, frame.client, unheard, _BESIDE)), frame, reasons=offered_reasons(knowledge))


def problem_of(frame: Frame) -> str:
    """Why there can be no report of these days, as a sentence; "" for nothing."""
    if frame.until < frame.since:
        return "the last day lies before the first"
    # The moments of others may lie outside the calendar.
    return (
        "" if frame.since.year >= _FIRST_YEAR and frame.until.year <= _LAST_YEAR else f"days from {_FIRST_YEAR} to {_LAST_YEAR} are meant"
    )


def offered_reasons(knowledge: Knowledge) -> Mapping[str, str]:
    """The override reasons that our cards offer: code and display."""
    return {reason.code: reason.display for reason in knowledge.wording.override}
