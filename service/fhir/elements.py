"""Elements that several kinds of resource share, as values: periods, quantities, references, first codes, plain text."""

import base64
import binascii

from service.dates import When, read_date, spanning, years_after
from service.fhir import shapes
from service.fhir.terms import LONGEST_TEXT, Terms, agreed
from service.record import Component, Quantity, Side

# Our own code system: what our suggestions write, the next call reads.
EXAMINATION = "https://cluneal-cds.github.io/fhir/CodeSystem/examination"
_SIDES = {"24028007": Side.RIGHT, "7771000": Side.LEFT, "51440002": Side.BILATERAL}


def component(found: shapes.Component, terms: Terms) -> Component:
    whole = Quantity(float(found.valueInteger)) if found.valueInteger is not None else None
    return Component(
        codings=terms.codings(found.code),
        value_codings=terms.codings(found.valueCodeableConcept),
        quantity=quantity(found.valueQuantity) or whole,
    )


def side_of_component(part: Component) -> Side:
    if not any(coding.system == EXAMINATION and coding.code == "side" for coding in part.codings):
        return Side.UNKNOWN
    return agreed(_SIDES.get(coding.code, Side.UNKNOWN) for coding in part.value_codings)


def quantity(found: shapes.Quantity | None) -> Quantity | None:
    """The number; text that holds a number is taken for one, anything else is none."""
    if found is None or found.value is None:
        return None
    try:
        return Quantity(float(found.value), found.code or found.unit or "", found.comparator or "")
    except ValueError:
        return None


def plain_text(form: shapes.Attachment | None) -> str | None:
    """The text of a plain-text attachment; other formats are not read."""
    if form is None or not form.data or not (form.contentType or "text/plain").lower().startswith("text/plain"):
        return None
    try:
        return base64.b64decode(form.data[: LONGEST_TEXT * 2], validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def period(found: shapes.Period | None) -> When | None:
    return spanning(read_date(found.start), read_date(found.end)) if found is not None else None


def from_age(found: shapes.Quantity | None, born: When | None) -> When | None:
    age = quantity(found)
    years = age.value / {"mo": 12.0, "wk": 52.18, "d": 365.25}.get(age.unit, 1.0) if age else None
    return years_after(born, years) if born and years is not None else None


def first_code(concept: shapes.CodeableConcept | None) -> str:
    """The first code of a status or category, whatever its system: these are closed lists of FHIR itself."""
    codes = (coding.code for coding in (concept.coding if concept else None) or () if coding is not None and coding.code)
    return str(next(codes, "")).strip().lower()


def displays(concept: shapes.CodeableConcept | None) -> str:
    return "; ".join(coding.display for coding in (concept.coding if concept else None) or () if coding is not None and coding.display)


def reference_of(found: shapes.Reference | None) -> str:
    return (found.reference or "") if found is not None else ""
