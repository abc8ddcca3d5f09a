"""The keys of the knowledge files as a reader meets them: what each is called, which come first, and how a finding is recognised."""

from collections.abc import Mapping
from typing import Any, get_args

from service.knowledge.criteria import Criterion

_IN_WORDS = {
    "all_of": "all of these",
    "any_of": "one of these",
    "none_of": "none of these, surely",
    "unless": "unless one of these is present",
    "by": "recognised by",
    "reads": "read from the prefetch key",
    "range_cm": "range in cm",
    "doi": "DOI",
    "pmid": "PubMed",
    "located": "its point is tender",
    "reproduced": "its point reproduces the usual pain",
    "reproduced_before": "it did so longer ago",
    "denied": "its point does not reproduce the pain",
    "surgical": "surgery that may open the way alone",
    "also": "also on record, not counted",
    "shown": "shown, never counted",
    "opposite": "on the other side, or the contrary",
    "not_below": "not below",
}
# What a clinician looks for in a long file; the rest follows as it stands there.
_FIRST = ("by", "says", "asks_for", "effect", "landmark", "examination", "block", "differential", "treatment", "territory", "support")


def _ways() -> Mapping[str, str]:
    union, *_ = get_args(Criterion)
    shapes = get_args(union)
    return {get_args(shape.model_fields["by"].annotation)[0]: " ".join(shape.__doc__.split("\n\n")[0].split()) for shape in shapes}


# How a finding can be recognised, by its name in the files.
WAYS = _ways()


def in_words(key: str) -> str:
    """The key of a table as a reader meets it."""
    return _IN_WORDS.get(key, key.replace("_", " "))


def in_order(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The keys and values of a table, what is looked for most in front."""
    ranks = {key: rank for rank, key in enumerate(_FIRST)}
    return sorted(table.items(), key=lambda one: ranks.get(one[0], len(ranks)))
