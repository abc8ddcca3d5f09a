"""Calendar dates as charts give them: a day, a month, a year, or a stretch of days.

A FHIR date may be partial ("2021") and clinical reasoning must not pretend otherwise, so a date is kept as the interval of days
that it could mean, and questions about it have three answers: True, False, or None when some of those days agree and some do not.

Source: https://hl7.org/fhir/R4/datatypes.html#dateTime
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_FHIR_DATE = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?\s*", re.DOTALL)

_TOLD_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]\d|\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TOLD_MONTH = re.compile(
    r"\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_TOLD_STRETCH = re.compile(r"(?<![\d.,/-])(\d{1,2})\+?[ -]?(days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?)\b")
_DAYS_OF = {"d": 1.0, "w": 7.0, "m": 30.44, "y": 365.25}
_LONGEST_TOLD = 200
_AFTER_A_DAY = ("", "T")
_LENGTH_OF_A_DAY = len("2021-03-12")

# A clinic east of the service already writes tomorrow's date; such a fact is of today, not of the future.
_DAYS_AHEAD = 1


@dataclass(frozen=True, slots=True)
class When:
    """The days on which something may have happened, from `first` to `last`, both included."""

    first: date
    last: date

    def ages(self, today: date) -> tuple[int, int]:
        """The least and the greatest number of whole days before `today`; negative lies in the future.

        What is in a chart has happened: a stretch that only reaches past today ("2026" in June) is cut at today.
        """
        newest, oldest = (today - self.last).days, (today - self.first).days
        return (0, oldest) if newest < 0 <= oldest else (newest, oldest)

    def is_within(self, days: int, *, before: date) -> bool | None:
        """Whether this lies in the `days` whole days (>= 0) up to and including `before`, a civil date; None when it may or may not."""
        newest, oldest = self.ages(before)
        if newest > days or oldest < -_DAYS_AHEAD:
            return False
        return True if oldest <= days and newest >= -_DAYS_AHEAD else None

    def is_at_least(self, days: int, *, before: date) -> bool | None:
        """Whether this lies `days` whole days (>= 0) or more before `before`; None when it may or may not."""
        newest, oldest = self.ages(before)
        if newest >= days:
            return True
        return False if oldest < days else None

    def is_after(self, other: "When", *, days: int = 0) -> bool | None:
        """Whether this lies more than `days` days after `other`; with days = 0, whether it is later; None when it may or may not."""
        if (self.first - other.last).days > days:
            return True
        return False if (self.last - other.first).days <= days else None

    def is_same_day(self, other: "When", *, give: int = 0) -> bool:
        """Whether both surely mean the same day, give or take `give` days; partial dates never do."""
        return self.first == self.last and other.first == other.last and abs((self.first - other.first).days) <= give

    def in_words(self) -> str:
        """The date as a clinician reads it: "12 Mar 2021", "Mar 2021" or "2021"."""
        if self.first == self.last:
            return f"{self.first.day} {self.first:%b %Y}"
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first:%b %Y}"
        return str(self.first.year) if self.first.year == self.last.year else f"{self.first.year}-{self.last.year}"

    def month_in_words(self) -> str:
        """The date to the month, as cards show it: "Mar 2021", or "2021" when no month is known."""
        return f"{self.last:%b %Y}" if (self.last - self.first).days < 31 else self.in_words()


def read_date(text: object) -> When | None:
    """The interval that a FHIR date, dateTime or instant means; None for anything else ("unknown", 0, "2021-02-30").

    The civil date is taken as written: a chart's own zone is the patient's, and a dateTime without a zone loses nothing here.
    """
    if not isinstance(text, str):
        return None
    # Nearly every date is a whole day, perhaps with a time: written plainly, it needs no grammar.
    if text[4:5] == "-" and text[7:8] == "-" and text[10:11] in _AFTER_A_DAY and text[:10].isascii():
        try:
            exact = date.fromisoformat(text[:10])
        except ValueError:
            return None
        return When(exact, exact)
    if not (match := _FHIR_DATE.fullmatch(text)):
        return None
    year, month, day = match.groups()
    try:
        if day:
            exact = date(int(year), int(month), int(day))
            return When(exact, exact)
        if month:
            return When(date(int(year), int(month), 1), date(int(year), int(month), calendar.monthrange(int(year), int(month))[1]))
        return When(date(int(year), 1, 1), date(int(year), 12, 31))
    except (ValueError, IndexError):
        return None


def read_told_date(text: object, written: When | None = None) -> When | None:
    """The interval that a date in words means: "2019", "since about 2015", "March 2019", "3 years ago"; None for anything else.

    written   when the words were written, from which "ago" and "for 3 years" count back; without it they mean no date
    """
    if (exact := read_date(text)) is not None or not isinstance(text, str):
        return exact
    words = text.lower()[:_LONGEST_TOLD]
    if len(years := set(_TOLD_YEAR.findall(words))) == 1:
        year = int(years.pop())
        month = _TOLD_MONTH.search(words)
        return read_date(f"{year}-{_MONTHS.index(month[1][:3]) + 1:02}" if month else str(year))
    if years or written is None or not (stretch := _TOLD_STRETCH.search(words)):
        return None
    number, unit = int(stretch[1]), _DAYS_OF[stretch[2][0]]
    try:
        return When(written.first - timedelta(days=round((number + 1) * unit)), written.last - timedelta(days=round(number * unit)))
    except OverflowError:
        return None


def spanning(start: When | None, end: When | None) -> When | None:
    """The interval of a Period: from the start to the end; an open end counts as its start, an open start as its end."""
    if start and end:
        return When(start.first, max(start.last, end.last))
    return start or end


def whole_years(born: When, on: date) -> int:
    """The completed years of age on a civil date, the least that a partial birth date allows."""
    birth = born.last
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def years_after(born: When, years: float) -> When | None:
    """The year of life in which something began, from an age in years ("onset at 45")."""
    try:
        return When(born.first + timedelta(days=round(years * 365.25)), born.last + timedelta(days=round((years + 1) * 365.25)))
    except (OverflowError, ValueError):
        return None


def read_moment(text: str | None) -> datetime | None:
    """The moment that a FHIR dateTime or instant with a time of day means, with its zone when it has one; None for anything else."""
    if text is None or len(text := text.strip()) <= _LENGTH_OF_A_DAY:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def minutes_between(earlier: datetime, later: datetime) -> float | None:
    """The minutes from one moment to another, negative when it is the other way round; None when only one of them has a zone."""
    if (earlier.tzinfo is None) != (later.tzinfo is None):
        return None
    return (later - earlier).total_seconds() / 60
