"""Elements that several kinds of resource share, as values: dates, periods, quantities, references, statuses, plain text."""

import base64
import binascii
import html
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from service.dates import When, read_date, read_told_date, spanning, years_after
from service.fhir import datatypes, shapes
from service.fhir.terms import EXAMINATION, LONGEST_TEXT, Terms, agreed, text_of
from service.record import Component, Quantity, Side

_SIDES = {"24028007": Side.RIGHT, "7771000": Side.LEFT, "51440002": Side.BILATERAL}
_WORDS = {"right": Side.RIGHT, "left": Side.LEFT, "both": Side.BILATERAL, "bilateral": Side.BILATERAL}
FHIR_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TAG = re.compile(r"<[^<>]{0,2000}>")
# The closed lists of FHIR for the status of conditions and allergies; what takes an entry out of use is heard first.
_OUT_OF_USE = ("entered-in-error", "refuted", "resolved", "inactive", "remission")
_STATUSES = (*_OUT_OF_USE, "active", "recurrence", "relapse", "unconfirmed", "provisional", "differential", "confirmed")
_AGE_UNITS = {"mo": 12.0, "wk": 52.18, "d": 365.25}


@dataclass(slots=True)
class Source:
    """The resource that is being read: how its fact will be known, and how to say what could not be read of it.

    One Source serves a whole pass. Most resources concern no rule and are given up before `wanted` is asked, which finds out the rest:

    reference, key   how the fact will be known
    doubtful         it can hold a card back, never bring one about;  undatable: a date was given that nobody can read
    """

    terms: Terms
    prepare: Callable[["Source"], bool]
    tell: Callable[[str, str], None]
    born: When | None = None
    reference: str = ""
    key: str = ""
    doubtful: bool = False
    undatable: bool = False

    def wanted(self) -> bool:
        """Whether the resource is still to be read, now that some rule could ask for it; False for one that was read before."""
        return self.prepare(self)

    def say(self, says: str) -> None:
        """Note an Issue of the resource."""
        self.tell(self.reference, says)

    def date(self, *texts: str | None) -> When | None:
        """The first of several dates that can be read; one that was given and cannot is said."""
        for text in texts:
            if text:
                if (found := read_date(text)) is not None:
                    return found
                self.cannot_date()
        return None

    def told_date(self, text: str | None) -> When | None:
        """A date in words ("2015", "March 2019"); one that was given and cannot be read is said."""
        if text and (found := read_told_date(text)) is not None:
            return found
        return self.date(text)

    def period(self, found: datatypes.Period | None) -> When | None:
        """The stretch of a Period."""
        return spanning(self.date(found.start), self.date(found.end)) if found is not None else None

    def at_age(self, low: datatypes.Quantity | None, high: datatypes.Quantity | None = None) -> When | None:
        """The year or years of life that an age means; None without a birth date."""
        ages = [age.value / _AGE_UNITS.get(age.unit, 1.0) for one in (low, high) if (age := quantity(one)) is not None]
        if not ages or self.born is None:
            return None
        return spanning(years_after(self.born, min(ages)), years_after(self.born, max(ages)))

    def cannot_date(self) -> None:
        """Note that a date was given and could not be read."""
        self.undatable = True
        self.say("has a date that cannot be read as FHIR writes dates (2021, 2021-03 or 2021-03-12), so its time is not known")


def place_of(kind: str, id_: object, key: str) -> str:
    """Where an issue lies: a reference, or the key of a resource whose id is no FHIR id and could be any text."""
    return f"{kind}/{id_}" if id_ is not None and FHIR_ID.fullmatch(str(id_)) else f"a {kind} under {key or 'the Bundle'}"


def number(value: float | int | str | None) -> float | None:
    """A finite number, also when it was written as text; None for anything else."""
    try:
        found = float(value) if value is not None and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def quantity(found: datatypes.Quantity | None) -> Quantity | None:
    """The number with its unit; None when there is no number."""
    if found is None or (value := number(found.value)) is None:
        return None
    return Quantity(value, found.code or found.unit or "", found.comparator or "")


def whole(value: int | None) -> Quantity | None:
    """A bare integer as a quantity without unit."""
    found = number(value)
    return Quantity(found) if found is not None else None


def component(found: shapes.Component, terms: Terms) -> Component:
    """A part of an Observation."""
    return Component(
        codings=terms.codings(found.code),
        value_codings=terms.codings(found.valueCodeableConcept),
        quantity=quantity(found.valueQuantity) or whole(found.valueInteger),
        said=found.valueString or text_of(found.valueCodeableConcept),
        flag=found.valueBoolean,
    )


def side_of_component(part: Component) -> Side:
    """The side that a component of our own examination names."""
    if not any(coding.system == EXAMINATION and coding.code == "side" for coding in part.codings):
        return Side.UNKNOWN
    coded = agreed(_SIDES.get(coding.code, Side.UNKNOWN) for coding in part.value_codings)
    return coded if coded is not Side.UNKNOWN else _WORDS.get(part.said.strip().lower(), Side.UNKNOWN)


def text_of_form(form: datatypes.Attachment | None) -> tuple[str | None, bool]:
    """The words of an attachment in plain text or HTML, and whether all of it was read; other formats have no words (None, True)."""
    kind = ((form.contentType if form else None) or "text/plain").split(";")[0].strip().lower()
    if form is None or not form.data or kind not in ("text/plain", "text/html"):
        return None, True
    try:
        raw = base64.b64decode("".join(form.data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None, False
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = raw.decode(encoding, "replace")
    if kind == "text/html":
        text = html.unescape(_TAG.sub(" ", re.sub(r"(?i)<br[^<>]{0,50}>|</p>|</div>|</tr>", "\n", text)))
    return text[:LONGEST_TEXT], len(text) <= LONGEST_TEXT and "\ufffd" not in text


def status_of(concept: datatypes.CodeableConcept | None) -> str:
    """The clinical or verification status: of several codings the one that takes the entry out of use, else the first that FHIR knows."""
    if concept is None:
        return ""
    said = [str(coding.code or coding.display or "") for coding in concept.coding or () if coding is not None] + [concept.text or ""]
    codes = ["-".join(word.strip().lower().split()) for word in said if word.strip()]
    known = [code for code in _STATUSES if code in codes]
    return known[0] if known else (codes or [""])[0]


def first_code(concept: datatypes.CodeableConcept | None) -> str:
    """The first code of a category, whatever its system."""
    codes = (coding.code for coding in (concept.coding if concept else None) or () if coding is not None and coding.code)
    return str(next(codes, "")).strip().lower()


def plain_status(status: str | None) -> str:
    """A status as FHIR writes it."""
    return (status or "").strip().lower()


def displays(concept: datatypes.CodeableConcept | None) -> str:
    """The displays of a concept's codes."""
    return "; ".join(coding.display for coding in (concept.coding if concept else None) or () if coding is not None and coding.display)


def reference_of(found: datatypes.Reference | None) -> str:
    """What a reference points to, without the version; "" when it points nowhere."""
    if found is None or not found.reference:
        return ""
    return found.reference.split("/_history/")[0]


def relative_reference_of(found: datatypes.Reference | None) -> str:
    """The same without the server, "Encounter/1": two entries of one visit may name it in two ways."""
    reference = reference_of(found)
    return "/".join(reference.split("/")[-2:]) if reference.startswith(("https://", "http://")) else reference
