"""The commands of whoever connects an EHR: `check-record`, what a strict FHIR reader refuses in a chart, and `prefetch`, what to send."""

import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.progress import track
from rich.table import Table
from rich.text import Text

from service.cds_services import prefetch_templates
from service.fhir.check import Checked, check
from service.fhir.file import opened
from service.knowledge.load import load_knowledge
from service.prefetch_words import EHR, keys_of, notes_for, scopes_of
from service.transcript import transcribed_check
from service.usage import examples, plain

app = typer.Typer()

# As many as a reader follows; --json names them all.
_MOST = 20
# Below it nobody waits long enough to be told.
_LONG = 2_000

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


@app.command(
    "check-record", epilog=examples("cluneal-cds check-record chart.json", "zcat Condition.ndjson.gz | cluneal-cds check-record -")
)
def check_record(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="A FHIR Bundle or resource, a CDS Hooks request, or NDJSON; - for standard input."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Say what a strict FHIR R4B reader would refuse in a chart, where, and what this service makes of it all the same.

    Elements, their types and how values are written are checked, not the codes of a binding nor profiles. No value of the chart is shown.
    Ends with 0 when nothing is refused, with 1 otherwise.
    """
    chart = opened(file.read())
    watched = track(chart, "Checking", total=len(chart.entries), console=_err, transient=True, disable=not _is_watched(len(chart.entries)))
    refused = list(check(watched))
    if as_json:
        told = {"what": chart.what, "resources": len(chart.entries), "refused": [transcribed_check(one) for one in refused]}
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    else:
        _show(chart.what, len(chart.entries), refused)
    if refused:
        raise typer.Exit(1)


@app.command("prefetch", epilog=examples("cluneal-cds prefetch --for epic", "cluneal-cds prefetch --for oracle --json"))
def prefetch(
    ehr: Annotated[EHR, typer.Option("--for", help="The EHR: what is special about it is said besides.")] = "generic",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Print the prefetch templates to enter in an EHR, what each is for, and for one that sends none the scopes to register."""
    templates = prefetch_templates(load_knowledge())
    keys, notes, scopes = keys_of(templates), notes_for(ehr), scopes_of(templates)
    if as_json:
        told = {
            "for": ehr,
            "keys": [{"key": one.name, "template": one.template, "needed": one.is_needed, "without": one.without} for one in keys],
            "scopes": {"v1": [one.v1 for one in scopes], "v2": [one.v2 for one in scopes]},
            "notes": list(notes),
        }
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    for note in notes:
        _out.print(Text(note))
    for one in keys:
        _out.print(Text.assemble((f"\n{one.name}", "bold"), ", needed" if one.is_needed else ", used when it is sent"))
        # One line each, so that it can be copied whole.
        _out.print(Text(f"  {one.template}"), soft_wrap=True)
        _out.print(Padding(Text(f"Without it: {one.without}.", style="dim"), (0, 0, 0, 2)))
    if ehr == "oracle":
        _out.print(Text("\nScopes, SMART on FHIR version 1 and version 2", style="bold"))
        widest = max(len(scope.v1) for scope in scopes)
        for scope in scopes:
            _out.print(Text(f"  {scope.v1:<{widest}}  {scope.v2}"), soft_wrap=True)


def _is_watched(resources: int) -> bool:
    return resources > _LONG and _err.is_terminal


def _show(what: str, resources: int, refused: Sequence[Checked]) -> None:
    counted = f"A {what}, {resources} resource{'' if resources == 1 else 's'}" if what != "resource" else "One resource"
    if not refused:
        _out.print(f"{counted}: a strict FHIR R4B reader takes all of it.", soft_wrap=True)
        return
    _out.print(f"{counted}: a strict FHIR R4B reader would refuse {len(refused)}.", soft_wrap=True)
    for one in refused[:_MOST]:
        rows = _grid()
        for place in one.refused:
            rows.add_row(Text(plain(place.path) or "(the resource)"), Text(place.says))
        rows.add_row(Text("here", style="dim"), Text(one.taken.says, style="dim"))
        _out.print(Text(f"\n{plain(one.where)}", style="bold"), Padding(rows, (0, 0, 0, 2)), sep="\n")
    if len(refused) > _MOST:
        _out.print(f"\nand {len(refused) - _MOST} more, which --json names. Of all of them:")
        _out.print(Padding(_kinds_of_problem(refused), (0, 0, 0, 2)))


def _kinds_of_problem(refused: Sequence[Checked]) -> Table:
    """What is refused, most often first, whichever item of a list it is."""
    found = Counter(
        (".".join(filter(None, (one.kind, re.sub(r"\[\d+\]", "", place.path)))), place.says) for one in refused for place in one.refused
    )
    rows = _grid(3)
    for (path, says), count in found.most_common(_MOST):
        rows.add_row(Text(str(count), justify="right"), Text(plain(path)), Text(says))
    return rows


def _grid(columns: int = 2) -> Table:
    """Columns that are folded where the terminal is narrow: nothing is cut off."""
    rows = Table.grid(padding=(0, 2))
    for _ in range(columns):
        rows.add_column(overflow="fold")
    return rows
