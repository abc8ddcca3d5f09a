"""As much of a chart as a strict reader can be asked about while somebody waits; the command check-record asks it about all of a file.

That reader makes an object of each part, however small: a resource of a million parts would hold the process for half a minute.
"""

from dataclasses import replace

from service.fhir.check import Checked, check
from service.fhir.file import File
from service.fhir.strict import Refused

# A strict reader takes about 0.2 ms for each.
MOST_CHECKED = 2_000
# Of one resource that is looked at; parts are what commas and brackets begin, in a resource some fifty.
_LARGEST, _MOST_PARTS = 200_000, 5_000
_MOST_PARTS_OF_ALL = 200_000
# As many places as are told, of a resource and of all.
MOST_PLACES = 200
_MOST_PLACES_OF_ALL = 20_000


def checked(file: File) -> tuple[tuple[Checked, ...], int]:
    """What a strict reader refuses in the first resources of a file, without very large ones, and of how many that was asked."""
    refused: list[Checked] = []
    asked = places = 0
    for one in _of_bounded_size(file):
        found = [_cut(this) for this in check((one,))]
        refused += found
        asked += 1
        places += sum(len(this.refused) for this in found)
        if places > _MOST_PLACES_OF_ALL:
            break
    return tuple(refused), asked


def _of_bounded_size(file: File) -> File:
    kept = []
    left = _MOST_PARTS_OF_ALL
    for entry in file.entries[:MOST_CHECKED]:
        content = bytes(entry[1])
        parts = sum(map(content.count, (b",", b"[", b"{")))
        if len(content) > _LARGEST or parts > _MOST_PARTS:
            continue
        left -= parts
        if left < 0:
            break
        kept.append(entry)
    return File(file.what, tuple(kept))


def _cut(one: Checked) -> Checked:
    more = len(one.refused) - MOST_PLACES
    return replace(one, refused=(*one.refused[:MOST_PLACES], Refused("", f"is refused in {more:,} more places"))) if more > 0 else one
