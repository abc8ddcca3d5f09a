"""The codes of one site that stand in its charts, and what each of them stands for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalCode:
    """One code of a site.

    means    the value sets of ours that it belongs to
    same_as  (system, code) of a standard coding that is read as if it stood beside it; None for none
    """

    system: str
    code: str
    means: tuple[str, ...] = ()
    same_as: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LocalCodes:
    """All codes of a site. Each is itself alone: what was prepared for it is found again without a look at its rows."""

    rows: tuple[LocalCode, ...]


@dataclass(frozen=True, slots=True)
class SiteCode:
    """A code of the site in an entry of a chart, and the value sets of ours that it is read as."""

    system: str
    code: str
    means: tuple[str, ...]
