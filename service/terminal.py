"""How answers look in a terminal: the card as an EHR would draw it, and the knowledge as lists.

Everything that came over the wire is shown as plain text or markdown, never as terminal markup: a chart's words may not colour,
move or hide anything here.
"""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.evaluate import Evaluation
from service.knowledge.model import Knowledge
from service.reasoning.findings import Proof
from service.reasoning.truth import State
from service.transcript import on_the_wire

# As many as a reader follows; `evaluate --json` names them all.
MOST_PROOFS = 4

Json = Mapping[str, object]

_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}


def plain(value: object) -> str:
    """The text without anything that steers a terminal."""
    return "".join(sign for sign in str(value) if sign.isprintable() or sign == "\n")


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
    for link in _each(card, "links"):
        parts += [Text(), Text(f"{plain(link['label'])}: {plain(link['url'])}", style="underline")]
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


def as_silence(silence: Json) -> Text:
    """Why no card came, with the further rules that would have kept one back."""
    text = Text.assemble("No card. ", (plain(silence["rule"]), "bold"), ": ", plain(silence["says"]))
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
    return [table, Text(f"\nUnknown, that is not recorded either way: {unknown}", style="dim")]


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
    ]
    return plain(" ".join(word for word in words if word))


def as_knowledge(knowledge: Knowledge) -> Group:
    """Everything that is known, one line each, in the order in which it is used."""
    tables = [_table("Nerves", "nerve", "label", "examined", "territory findings", "kinds of support")]
    for name, nerve in knowledge.nerves.items():
        tables[-1].add_row(name, nerve.label, nerve.landmark.says, str(len(nerve.territory)), ", ".join(sorted(nerve.support)))
    tables.append(_table("Rules", "id", "says", "effect", "strength", "evidence"))
    for rows in knowledge.rules.values():
        for row in rows:
            tables[-1].add_row(row.id, row.says, row.effect, row.strength, ", ".join(row.evidence))
    tables.append(_table("Findings", "finding", "label", "recognised by", "strength", "evidence"))
    for name, finding in sorted(knowledge.findings.items()):
        ways = dict.fromkeys(way.by for way in finding.recognised)
        tables[-1].add_row(name, finding.label, ", ".join(ways), finding.strength, ", ".join(finding.evidence))
    tables.append(_table("Phrases", "list", "label", "phrases", "strength", "evidence"))
    for name, phrases in sorted(knowledge.phrases.items()):
        tables[-1].add_row(name, phrases.label, str(len(phrases.phrase)), phrases.strength, ", ".join(phrases.evidence))
    tables.append(_table("Value sets", "value set", "title", "codes"))
    for name, value_set in sorted(knowledge.value_sets.items()):
        tables[-1].add_row(name, value_set.title, str(len(value_set.codes)))
    tables.append(_table("Evidence", "publication", "citation", "kind", "read"))
    for name, publication in sorted(knowledge.evidence.items()):
        tables[-1].add_row(name, publication.citation, publication.kind, publication.read)
    return Group(
        Text(f"Knowledge {knowledge.version.version} of {knowledge.version.date}: {knowledge.version.says}", style="bold"), *tables
    )


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
