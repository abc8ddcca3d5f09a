"""The card of a block that was done: the relief, its band, what it means and what may follow, without a ranking.

Figures are the chart's own; a relief is never rounded up. Source: clinical design, section 3 (`response`) and 3d.
"""

from collections.abc import Iterator, Sequence

from service.call import Call
from service.cards.blocks import band_of, named_block, number, percent, reads, relief_of, rule_of
from service.cards.content import Content, said_besides
from service.cards.dialects import shape_of
from service.cards.in_words import says_instead
from service.cards.suggestions import block_suggestions
from service.cards.wording import fitting, listed, named_knowledge, not_known
from service.knowledge.model import Knowledge
from service.reasoning.block_response import BlockResult, why_not_confirmed
from service.reasoning.findings import Findings
from service.reasoning.pathway import Response
from service.record import Side

# The options of a confirmed block take the room that further lines would have; the last step leaves out what the summary says anyway.
_MOST_SCORES = 3
_STEPS = ((6, True, 7), (3, True, 7), (2, True, 7), (2, False, 7), (1, False, 7), (1, False, 4), (1, False, 2))
# Where a narrow column begins.
_NARROW = 1


def response_content(response: Response, findings: Findings, call: Call, card: str) -> Content:
    """What the card of a block's result holds."""
    return Content(
        summary=summary_of_response(response, findings),
        detail=detail_of_response(response, findings, call),
        basis=basis_of_response(response),
        suggestions=block_suggestions(response, findings, call, card),
        details={**results_of(response), **said_besides(response)},
    )


def summary_of_response(response: Response, findings: Findings) -> str:
    """The newest block and what came of it."""
    first = response.results[0]
    block = named_block(first, findings.knowledge)
    if first.band == "G-0":
        return f"{block}: the result cannot be read from the chart"
    return f"{block}: {relief_of(first)}, {band_of(first, findings.knowledge).says.split(':')[0]}"


def basis_of_response(response: Response) -> dict[str, object]:
    """What the card rests on, for machines: the nerves that were blocked, and the side of the newest block."""
    return {
        "nerves": list(dict.fromkeys(one.nerve for one in response.results if one.nerve)),
        "side": response.results[0].side.value,
    }


def results_of(response: Response) -> dict[str, object]:
    """Every result for machines, the newest first; relief in whole percent, rounded down."""
    first = response.results[0]
    return {
        "band": first.band,
        "relief": percent(first.reading.relief),
        "results": [
            {
                "nerve": one.nerve or None,
                "side": one.side.value,
                "date": one.when.last.isoformat(),
                "band": one.band,
                "relief": percent(one.reading.relief),
                "source": one.reading.source or None,
                "entries": list(one.proof),
            }
            for one in response.results
        ],
    }


def detail_of_response(response: Response, findings: Findings, call: Call) -> str:
    """The detail within its limits: older blocks go first, then what is only worth knowing, then the last of the options."""
    instead = says_instead(response, findings, call)
    steps = _STEPS[_NARROW if shape_of(call).narrow else 0 :]
    texts = (
        "\n\n".join(_sections(response, findings, instead, results=results, roomy=roomy, options=options))
        for results, roomy, options in steps
    )
    return fitting(texts)


def _sections(response: Response, findings: Findings, instead: str, *, results: int, roomy: bool, options: int) -> Iterator[str]:
    knowledge = findings.knowledge
    yield f"**Consider** {_next(response, knowledge, options)}"
    if instead:
        yield instead
    yield _section("Because", [*_count(response), *(_told(one, response.every, findings) for one in response.results[:results])])
    yield from filter(None, [_section("Cautions", list(_cautions(response, knowledge)))])
    if roomy and response.against:
        yield _section("Against", [held.rule.brief or held.rule.says for held in response.against][:3])
    yield not_known(list(_not_known(response, findings))[: 3 if roomy else 2])
    yield f"**Evidence** {published_of(response.results[0].band, knowledge)} {knowledge.wording.limits} {named_knowledge(knowledge)}"


def published_of(band: str, knowledge: Knowledge) -> str:
    """What is published of the way in which the newest block reads."""
    wording = knowledge.wording
    return wording.response.two_blocks if band == "G-4" else wording.evidence_of["response"]


def _section(title: str, parts: Sequence[str]) -> str:
    return f"**{title}** {'; '.join(parts)}." if parts else ""


def _next(response: Response, knowledge: Knowledge, options: int) -> str:
    """What may follow from the newest block, and where else pressing brings the pain on."""
    first = response.results[0]
    said = [band_of(first, knowledge).next]
    if "G-many" in response.rules and first.band != "G-4":
        # Whether to go on at all comes before how.
        said = []
    elif first.band == "G-4":
        treatments = knowledge.nerves[first.nerve].treatment[:options]
        said = [f"{knowledge.wording.response.options}: " + "; ".join(f"{one.label.lower()} ({one.brief})" for one in treatments)]
    elif first.lasting:
        said = ["observe and rehabilitate while the relief lasts"]
    if "G-many" in response.rules:
        said.append(rule_of(knowledge, "G-many").next)
    elsewhere = [one for one in response.assessments if (one.nerve, one.laterality.side) != (first.nerve, first.side)]
    said += [f"pressing the {_point(one.laterality.side, one.nerve, knowledge)} reproduces the usual pain as well" for one in elsewhere[:1]]
    return "; ".join(said) + "."


def _count(response: Response) -> Iterator[str]:
    """How many blocks of one nerve there were, where that is the point."""
    if "G-many" in response.rules:
        yield f"{max(one.count for one in response.results)} blocks without lasting benefit"


def _told(result: BlockResult, every: Sequence[BlockResult], findings: Findings) -> str:
    """One block in a line: when, which, the scores and the time between, how it reads."""
    knowledge = findings.knowledge
    reading = result.reading
    scores = ""
    if reading.before is not None and reading.after is not None:
        minutes = f" at {reading.minutes} min" if reading.minutes is not None else ""
        shown = [f"{number(points)} at {gone} min" for gone, points in reading.others[:_MOST_SCORES]]
        more = [f"{len(reading.others) - len(shown)} more"] if len(reading.others) > len(shown) else []
        others = f" (also {listed([*shown, *more])})" if shown else ""
        scores = f"pain {number(reading.before)} before, {number(reading.after)}{minutes}{others}"
    reported = "reported, no scores" if reading.source == "reported" else ""
    hours = f"relief for {number(reading.hours)} h" if reading.hours is not None else ""
    # How the newest one reads stands in the summary.
    relief = relief_of(result) if result is every[0] and reading.relief is not None else reads(result, knowledge)
    pair = f"the block of {result.pair.when.in_words()} had {relief_of(result.pair)}" if result.pair else ""
    return f"{named_block(result, knowledge)}: " + ", ".join(filter(None, (scores, reported, hours, relief, pair)))


def _cautions(response: Response, knowledge: Knowledge) -> Iterator[str]:
    first = response.results[0]
    if first.reading.steroid:
        yield knowledge.wording.response.steroid
    if first.band == "G-4":
        yield knowledge.wording.response.ablation
    yield from (held.rule.brief or held.rule.says for held in (response.stops or response.cautions))


def _not_known(response: Response, findings: Findings) -> Iterator[str]:
    """What keeps a block from being read, or two from confirming each other."""
    for one in response.results:
        yield from one.reading.missing
        if one.band == "G-3" and (why := why_not_confirmed(one, response.every, findings)):
            yield why
        if one.band == "G-3" and one.reading.hours is None:
            yield "how long the relief lasted"


def _point(side: Side, nerve: str, knowledge: Knowledge) -> str:
    which = f"{side.value} " if side in (Side.RIGHT, Side.LEFT) else ""
    return f"{which}{knowledge.nerves[nerve].adjective} point"
