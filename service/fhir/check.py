"""A chart held against a strict reader: per resource what that reader refuses, and what our own makes of it all the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.fhir.file import Found
from service.fhir.strict import Refused, is_a_type, refused_by_a_strict_reader
from service.fhir.taken import Taken, taken

_NO_OBJECT = Refused("", "is no JSON object")
_NO_TYPE = Refused("resourceType", "is needed and is not there")
_UNREAD = Taken("not", "not read: nobody can tell what it is")


@dataclass(frozen=True, slots=True)
class Checked:
    """One resource of which a strict reader refuses something, and how it is taken here; `kind`: its type, "" for one that FHIR has not."""

    where: str
    kind: str
    refused: tuple[Refused, ...]
    taken: Taken


def check(found: Iterable[Found]) -> Iterator[Checked]:
    """Every resource of which something is refused, in the order of the file."""
    for one in found:
        if one.resource is None or not one.kind:
            yield Checked(one.where, one.kind, (_NO_OBJECT if one.resource is None else _NO_TYPE,), _UNREAD)
        elif refused := refused_by_a_strict_reader(one.kind, one.resource):
            yield Checked(one.where, one.kind if is_a_type(one.kind) else "", refused, taken(one.kind, one.resource))
