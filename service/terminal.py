"""How answers look in a terminal: the card as an EHR would draw it, and the knowledge as lists.

Everything that came over the wire is shown as plain text or markdown, never as terminal markup: a chart's words may not colour,
move or hide anything here.
"""

from collections.abc import Callable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.evaluate import Evaluation
from service.knowledge.model import Knowledge
from service.knowledge.shape import Sourced
from service.published import EFFECTS, STAGES, attributes_of
from service.reasoning.findings import Proof
from service.reasoning.truth import State
from service.site import decided_here
from service.transcript import on_the_wire
from service.usage import plain

# As many as a reader follows; `evaluate --json` names them all.
MOST_PROOFS = 4

Json = Mapping[str, object]

_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}


def as_card(card: Json) -> Panel:
    """One CDS Hooks card as the clinician meets it: summary, detail, buttons, reasons to override, source."""
    parts: list[RenderableType] = [Text(plain(card["summary"]), style="bold")]
    if detail := card.get("detail"):
        parts += [Text(), Markdown(plain(detail), hyperlinks=False)]
    for suggestion in _each(card, "suggestions"):
        parts += [Text(), Text(f"[ {plain(suggestion['label'])} ]", style="reverse")]
        parts += [Padding(Text(plain(action["description"]), style="dim"), (0, 0, 0, 2)) for action in _each(suggestion, "actions")]
    if reasons := _each(card, "overrideReasons"):
        parts += [Text(), Text("Not taken up because:", style="bold"), *(Text(f"( ) {plain(reason['display'])}") for reason in reasons)]
    indicator = plain(card["indicator"])
    return Panel(
        Group(*parts),
        title=Text(indicator),
        title_align="left",
        subtitle=Text(_source(card)),
        subtitle_align="right",
        border_style=_COLOURS.get(indicator, "white"),
        padding=(1, 2),
    )


def as_answer(answer: Json) -> Group:
    """Everything that a service answered: its cards, or why there is none."""
    if cards := _each(answer, "cards"):
        return Group(*(as_card(card) for card in cards))
    extension = answer.get("extension")
    silence = extension.get("org.cluneal-cds.silence") if isinstance(extension, Mapping) else None
    return Group(as_silence(silence) if isinstance(silence, Mapping) else Text("No card, and no reason given."))


def as_links(answer: Json) -> list[str]:
    """The links of the cards, each on a line of its own, to be printed whole: broken over lines, an address opens nothing."""
    return [f"{plain(link['label'])}: {plain(link['url'])}" for card in _each(answer, "cards") for link in _each(card, "links")]


def as_silence(silence: Json) -> Text:
    """Why no card came, with the further rules that would have kept one back."""
    text = Text.assemble("No card. ", (plain(silence["rule"]), "bold"), ": ", plain(silence["says"]))
    if until := silence.get("until"):
        text.append(f" Until {plain(until)}.")
    also = silence.get("also")
    return text.append(f" (also {', '.join(map(plain, also))})", style="dim") if also and isinstance(also, Sequence) else text


def as_failure(status: int, outcome: object) -> Text:
    """An answer that is no success, in the words of its OperationOutcome when it has one."""
    text = Text(f"The service answered {status}.", style="bold red")
    for issue in _each(outcome, "issue") if isinstance(outcome, Mapping) else ():
        details = issue.get("details")
        said = details.get("text") if isinstance(details, Mapping) else None
        words = [plain(part) for part in (said, issue.get("diagnostics")) if part]
        text.append("\n" + " ".join(words or [plain(issue.get("code"))]), style="default")
    return text


def as_evaluation(evaluation: Evaluation) -> Group:
    """One look at a chart, from what was read to the card or the reason for its absence."""
    record = evaluation.record
    parts: list[RenderableType] = [
        Text(f"Chart of {plain(record.patient.reference) if record.patient else 'an unread patient'}", style="bold")
    ]
    used = ", ".join(f"{len(facts)} {kind.__name__}" for kind, facts in record.facts.items())
    parts.append(Text(f"Used: {used or 'nothing'}"))
    keys = _table("Read", "key", "state")
    for key, state in record.keys.items():
        keys.add_row(key, state.value)
    parts.append(keys)
    if evaluation.issues:
        issues = _table("Could not be used", "where", "why")
        for issue in evaluation.issues:
            issues.add_row(plain(issue.where), plain(issue.says))
        parts.append(issues)
    return Group(*parts, *_findings(evaluation), *_assessments(evaluation), Text(), *_conclusion(evaluation))


def _findings(evaluation: Evaluation) -> list[RenderableType]:
    found = {state: [finding for finding in evaluation.findings if finding.state is state] for state in State}
    table = _table("Findings", "finding", "state", "proof")
    for finding in (*found[State.PRESENT], *found[State.ABSENT]):
        table.add_row(finding.id, finding.state.value, Text(_proofs(finding.proof)))
    unknown = ", ".join(finding.id for finding in found[State.UNKNOWN])
    alone = ", ".join(evaluation.findings.present_unmapped_alone)
    unmapped = [Text(f"\nPresent without the site's code map, and counted against a card: {alone}")] if alone else []
    return [table, *unmapped, Text(f"\nUnknown, that is not recorded either way: {unknown}", style="dim")]


def _assessments(evaluation: Evaluation) -> list[RenderableType]:
    if evaluation.outcome is None:
        return []
    table = _table("Assessments", "nerve", "tier", "side", "because", "support")
    for one in evaluation.outcome.assessments:
        basis = f" (by {one.laterality.basis})" if one.laterality.basis else ""
        table.add_row(one.nerve, one.tier.word, f"{one.laterality.side.value}{basis}", one.reasons, ", ".join(one.support.kinds))
    return [table, Text(f"\nRules that decided: {', '.join(evaluation.outcome.rules)}", style="dim")]


def _conclusion(evaluation: Evaluation) -> list[RenderableType]:
    if refusal := evaluation.refusal:
        why = {"foreign": "there is data of another patient under", "unread": "needed data was not sent or could not be read:"}
        return [Text(f"No answer (412): {why[refusal.reason]} {', '.join(refusal.keys)}.", style="bold red")]
    if silence := evaluation.silence:
        return [as_silence({"rule": silence.rule, "says": silence.says, "also": list(silence.also)})]
    return [as_card(card) for card in on_the_wire(evaluation)]


def _proofs(proofs: Sequence[Proof]) -> str:
    more = len(proofs) - MOST_PROOFS
    return "\n".join((*map(_proof, proofs[:MOST_PROOFS]), *([f"and {more} older"] if more > 0 else ())))


def _proof(proof: Proof) -> str:
    words = [
        proof.words,
        proof.when.in_words() if proof.when else "undated",
        f'"{proof.quote}"' if proof.quote else "",
        f"[{proof.reference}]",
        *(f"by the site's code {code.code} ({', '.join(code.means)})" for code in proof.site_codes),
    ]
    return plain(" ".join(word for word in words if word))


def as_knowledge(knowledge: Knowledge, part: str | None = None, *, shipped: Knowledge) -> Group:
    """Everything that is known, or one part of it, in the order in which it is used; first what this site decided differently."""
    version = knowledge.version
    heading = Text(f"Knowledge {version.version} of {version.date}: {version.says}", style="bold")
    decided = decided_here(knowledge, shipped)
    parts = KNOWLEDGE_PARTS if part is None else {part: KNOWLEDGE_PARTS[part]}
    return Group(
        heading,
        *([Text(f"Decided here: {decided}")] if decided else ()),
        *(table for tables in parts.values() for table in tables(knowledge)),
    )


def _nerves(knowledge: Knowledge) -> list[RenderableType]:
    table = _table("Nerves: where to press, and what is told of each", "nerve", "press", "what the file holds")
    for name, nerve in knowledge.nerves.items():
        told = (
            f"{len(nerve.examination)} steps of examination, {len(nerve.block)} notes on a block, "
            f"{len(nerve.differential)} other sources, {len(nerve.treatment)} options of treatment, "
            f"kinds of support {', '.join(sorted(nerve.support))}"
        )
        table.add_row(name, nerve.landmark.says, told)
    return [table]


def _rules(knowledge: Knowledge) -> list[RenderableType]:
    tables: list[RenderableType] = []
    for stage, rows in sorted(knowledge.rules.items(), key=lambda item: (STAGES + item[0]).index(item[0])):
        table = _table(f"Rules {stage}: {knowledge.stages[stage]}", "id", "says", "what it does", "stands on")
        for row in rows:
            table.add_row(row.id, row.says, EFFECTS[row.effect], _stands_on(row))
        tables.append(table)
    return tables


def _thresholds(knowledge: Knowledge) -> list[RenderableType]:
    table = _table(
        "Thresholds: every number that counts, and how far a site may move it", "threshold", "value", "may be", "says", "stands on"
    )
    for name, one in knowledge.thresholds.items():
        may_be = "fixed" if one.least == one.most else f"{one.least:g} to {one.most:g}"
        table.add_row(name, f"{one.value:g} {one.unit}", may_be, one.says, _stands_on(one))
    return [table]


def _each_finding(knowledge: Knowledge) -> list[RenderableType]:
    table = _table("Findings: what can be present, absent or unknown in a chart", "finding", "label", "recognised by", "stands on")
    for name, finding in sorted(knowledge.findings.items()):
        table.add_row(name, finding.label, ", ".join(dict.fromkeys(way.by for way in finding.recognised)), _stands_on(finding))
    return [table]


def _phrases(knowledge: Knowledge) -> list[RenderableType]:
    table = _table("Phrases: the words that are understood", "list", "label", "phrases", "stands on")
    for name, phrases in sorted(knowledge.phrases.items()):
        table.add_row(name, phrases.label, str(len(phrases.phrase)), _stands_on(phrases))
    return [table]


def _value_sets(knowledge: Knowledge) -> list[RenderableType]:
    table = _table("Value sets: the codes that are understood", "value set", "title", "codes")
    for name, value_set in sorted(knowledge.value_sets.items()):
        table.add_row(name, value_set.title, str(len(value_set.codes)))
    return [table]


def _evidence(knowledge: Knowledge) -> list[RenderableType]:
    table = _table("Evidence: publications, none read in full", "publication", "citation", "kind", "read")
    for name, publication in sorted(knowledge.evidence.items()):
        table.add_row(name, publication.citation, publication.kind, publication.read)
    return [table]


def _attributes(knowledge: Knowledge) -> list[RenderableType]:
    table = _table("Source attributes, as 45 CFR 170.315(b)(11)(iv)(A) asks for them", "no.", "attribute", "value")
    for number, one in attributes_of(knowledge).items():
        table.add_row(number, one["name"], " ".join(one["value"].split()))
    return [table]


# What a person may ask `knowledge list` for.
KNOWLEDGE_PARTS: Mapping[str, Callable[[Knowledge], list[RenderableType]]] = {
    "nerves": _nerves,
    "rules": _rules,
    "thresholds": _thresholds,
    "findings": _each_finding,
    "phrases": _phrases,
    "value-sets": _value_sets,
    "evidence": _evidence,
    "attributes": _attributes,
}


def _stands_on(one: Sourced) -> str:
    return f"{one.strength}: {', '.join(one.evidence)}" if one.evidence else one.strength


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(f"\n{title}", style="bold"), title_justify="left", box=None, pad_edge=False, header_style="dim", expand=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    return table


def _each(value: object, member: str) -> list[Json]:
    """The objects in a list member; none when it is missing."""
    found = value.get(member) if isinstance(value, Mapping) else None
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _source(card: Json) -> str:
    source = card.get("source")
    return plain(source.get("label", "")) if isinstance(source, Mapping) else ""
