"""Words as they are written and as they are read: the sign for a fracture, and words with one letter wrong."""

from collections.abc import Collection, Iterable
from string import ascii_lowercase

# "wedge # L1", "old # T12", "L1 #", "#NOF": a fracture. Numbers ("accession #: 12") and headings ("# Back pain") have the sign too.
_BROKEN = (
    "wedge", "compression", "burst", "acute", "old", "healed", "new", "recent", "vertebral", "sacral", "pelvic", "hip", "femoral", "nof",
    "insufficiency", "stress", "fragility", "osteoporotic", "pathological", *(f"l{level}" for level in range(1, 6)), "t11", "t12", "s1",
)  # fmt: skip
_BEFORE = "|".join(f"(?<={word}{gap}#)" for word in _BROKEN for gap in ("", " "))
FRACTURE_SIGN = (
    rf"#(?:(?={' ?'}(?:[lts]\d{{1,2}}(?![a-z\d])|nof\b|neck of|femur|femoral|hip\b|pelvi|sacr|vertebra))|(?:{_BEFORE})(?!\s*[:\d]))"
)
FRACTURE = "fracture"
# Shorter words with a letter wrong are too often words of their own.
_SHORTEST = 6


def slips_of(words: Iterable[str], rightly: Collection[str]) -> dict[str, str]:
    """Spelling with one letter left out, put in, changed or swapped with its neighbour -> the word that is meant.

    Only inside a word, because its end bends ("fractures"); never one of the words that are `rightly` so, nor one that may mean two.
    """
    found: dict[str, str | None] = {}
    for word in words:
        for slip in _slips(word) if len(word) >= _SHORTEST else ():
            if slip not in rightly:
                found[slip] = word if found.get(slip, word) == word else None
    return {slip: word for slip, word in found.items() if word is not None}


def _slips(word: str) -> set[str]:
    inside = range(1, len(word) - 1)
    left_out = {word[:at] + word[at + 1 :] for at in inside}
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in inside[:-1]}
    changed = {word[:at] + letter + word[at + 1 :] for at in inside for letter in ascii_lowercase}
    put_in = {word[:at] + letter + word[at:] for at in range(1, len(word)) for letter in ascii_lowercase}
    return (left_out | swapped | changed | put_in) - {word}
