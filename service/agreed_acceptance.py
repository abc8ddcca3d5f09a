"""The acceptance that a committee has agreed on: of every rule, or of single ones. Without it no rule is held against anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SAYS = "must be a number above 0 and at most 1, or rules with numbers of their own: 0.2 or 0.2,S3=0.3"


@dataclass(frozen=True, slots=True)
class AgreedAcceptance:
    """From 0 to 1; `of_all` is None where nothing was agreed for rules that are not named."""

    of_all: float | None = None
    of_rule: Mapping[str, float] = field(default_factory=dict)

    def of(self, rule: str) -> float | None:
        """What was agreed for a rule."""
        return self.of_rule.get(rule, self.of_all)

    def __bool__(self) -> bool:
        return self.of_all is not None or bool(self.of_rule)


def read_agreed_acceptance(text: str) -> AgreedAcceptance:
    """What a setting or an option says: "0.2", "0.2,S3=0.3" or "S3=0.3"; "" for nothing. Raises ValueError."""
    of_all: list[float] = []
    of_rule: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        rule, named, number = part.rpartition("=")
        found = _number(number)
        if not named:
            of_all.append(found)
        elif rule.strip() and rule.strip() not in of_rule:
            of_rule[rule.strip()] = found
        else:
            raise ValueError(SAYS)
    if len(of_all) > 1:
        raise ValueError(SAYS)
    return AgreedAcceptance(of_all[0] if of_all else None, of_rule)


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 1:
        raise ValueError(SAYS)
    return found
