"""The publications behind what a page shows, each once, with its strength, its limits and the address where it stands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.knowledge.model import Knowledge, RuleRow
from service.knowledge.nerve import Nerve
from service.knowledge.provenance import Publication
from service.web.why_criteria import Stage


@dataclass(frozen=True, slots=True)
class Source:
    """A publication by its key; url: by its DOI, else as PubMed has it, "" for neither; short: how a sentence names it."""

    key: str
    publication: Publication
    url: str


def sources_of(knowledge: Knowledge, nerves: Iterable[Nerve], rules: Iterable[RuleRow], stages: Sequence[Stage]) -> tuple[Source, ...]:
    """Every publication that the page cites, in the order in which it is met."""
    cited = dict.fromkeys(_cited(knowledge, nerves, rules, stages))
    return tuple(Source(key, knowledge.evidence[key], address_of(knowledge.evidence[key])) for key in cited)


def address_of(publication: Publication) -> str:
    """Where a publication can be read."""
    if publication.doi:
        return f"https://doi.org/{publication.doi}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{publication.pmid}/" if publication.pmid else ""


def _cited(knowledge: Knowledge, nerves: Iterable[Nerve], rules: Iterable[RuleRow], stages: Sequence[Stage]) -> Iterator[str]:
    yield from knowledge.wording.evidence
    for nerve in nerves:
        rows = (*nerve.examination, *nerve.block, *nerve.differential, *nerve.treatment)
        yield from (*nerve.evidence, *nerve.landmark.evidence, *(key for row in rows for key in row.evidence))
    for rule in (*rules, *(one.rule for stage in stages for one in stage.criteria)):
        yield from rule.evidence
