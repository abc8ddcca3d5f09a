"""The commands of whoever connects an EHR: `check-record`, what a strict FHIR reader refuses in a chart, and `prefetch`, what to send."""

import json
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

from service.fhir.check import Checked, check
from service.fhir.file import opened
from service.terminal import plain

# As many as a reader follows; --json names them all.
_MOST = 20
# Below it nobody waits long enough to be told.
_LONG = 2_000

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


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
    refused = [one for one in check(watched) if one.refused]
    if as_json:
        told = {"what": chart.what, "resources": len(chart.entries), "refused": [_as_json(one) for one in refused]}
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    else:
        _show(chart.what, len(chart.entries), refused)
    if refused:
        raise typer.Exit(1)


def _is_watched(resources: int) -> bool:
    return resources > _LONG and _err.is_terminal


def _as_json(one: Checked) -> dict[str, object]:
    places = [{"path": place.path, "says": place.says} for place in one.refused]
    return {"where": one.where, "type": one.kind, "refused": places, "here": {"taken": one.taken.how, "says": one.taken.says}}


def _show(what: str, resources: int, refused: Sequence[Checked]) -> None:
    counted = f"A {what}, {resources} resource{'' if resources == 1 else 's'}" if what != "resource" else "One resource"
    if not refused:
        _out.print(f"{counted}: a strict FHIR R4B reader takes all of it.", soft_wrap=True)
        return
    _out.print(f"{counted}: a strict FHIR R4B reader would refuse {len(refused)}.", soft_wrap=True)
    for one in refused[:_MOST]:
        rows = Table.grid(padding=(0, 2))
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
        (f"{one.kind}.{''.join(part.split(']')[-1] for part in place.path.split('['))}".rstrip("."), place.says)
        for one in refused
        for place in one.refused
    )
    rows = Table.grid(padding=(0, 2))
    for (path, says), count in found.most_common(_MOST):
        rows.add_row(Text(str(count), justify="right"), Text(plain(path)), Text(says))
    return rows
