"""What came of a probe, drawn for a terminal: the server, each prefetch key, what could not be used, the codes that nobody knows."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cds_hooks.fetched import State
from cds_hooks.fhir_authorization import FhirGrant
from service.fhir.unknown_codes import UnknownCode
from service.probing.probe import Probed
from service.probing.server import Server, why
from service.usage import plain

# As many of each as a reader follows; --json names them all.
MOST_ISSUES = 20
MOST_CODES = 12


def as_server(server: Server) -> Text:
    """The server in a line: "FHIR R4 (4.0.1) at https://..., Name of the software 1.2"."""
    return Text(plain(", ".join(part for part in (f"{server.named} at {server.base}", server.software) if part)), style="bold")


def as_probed(grant: FhirGrant, probed: Probed, *, show_query: bool) -> Group:
    """Everything but the evaluation.

    show_query  whether the requests as they were sent are shown, which name the patient
    """
    return Group(_keys(probed), *_not_all(grant, probed), _queries(probed, show_query=show_query), *_unreadable(probed), *_codes(probed))


def _keys(probed: Probed) -> Table:
    table = _table("Fetched", "key", "state")
    for column in ("status", "ms", "pages", "resources", "unreadable"):
        table.add_column(column, justify="right")
    for key, found in probed.fetched.items():
        record = found.record
        flawed = len({issue.where for issue in probed.issues.get(key, ())})
        numbers = (record.milliseconds, record.pages, record.resources, flawed) if found.state is not State.NOT_ASKED else ()
        table.add_row(key, found.state.value, str(record.status or ""), *map(str, numbers))
    return table


def _not_all(grant: FhirGrant, probed: Probed) -> Iterator[RenderableType]:
    keys: dict[str, list[str]] = {}
    for key, found in probed.fetched.items():
        if reason := found.record.reason:
            keys.setdefault(why(reason, found.record.status, grant), []).append(key)
    if keys:
        table = _table("Not read, or not wholly", "key", "why")
        table.columns[0].no_wrap = False
        for reason_in_words, concerned in keys.items():
            table.add_row(", ".join(concerned), reason_in_words)
        yield table


def _queries(probed: Probed, *, show_query: bool) -> Table:
    table = _table("Queries as they were sent, which name the patient" if show_query else "Queries", "key", "query")
    for key, found in probed.fetched.items():
        lines = probed.sent[key] if show_query else (found.record.template,)
        table.add_row(key, Text(plain("\n".join(lines)) or "none"))
    return table


def _unreadable(probed: Probed) -> Iterator[RenderableType]:
    rows = [(key, issue) for key, issues in probed.issues.items() for issue in issues]
    if rows:
        table = _table("Could not be used, or not wholly", "key", "where", "why")
        for key, issue in rows[:MOST_ISSUES]:
            table.add_row(key, Text(plain(issue.where)), Text(plain(issue.says)))
        yield table
        yield from _more(len(rows) - MOST_ISSUES)


def _codes(probed: Probed) -> Iterator[RenderableType]:
    local = [one for one in probed.unknown if one.is_local]
    others = [one for one in probed.unknown if not one.is_local]
    yield from _listed("Codes of systems that no value set uses, such as a site's own: candidates for its code map", local)
    yield from _listed("Other codes that no value set holds: candidates where a finding asks for what they mean", others)
    if probed.unknown:
        yield Text("in words: entries that are used all the same, for what they say in words", style="dim")


def _listed(title: str, codes: Sequence[UnknownCode]) -> Iterator[RenderableType]:
    if codes:
        table = _table(title, "entries", "in words", "code", "display", "system")
        for one in codes[:MOST_CODES]:
            coding = one.coding
            table.add_row(
                str(one.entries),
                str(one.understood),
                *(Text(plain(part)) for part in (coding.code, coding.display, coding.system or "no system")),
            )
        yield table
        yield from _more(len(codes) - MOST_CODES)


def _more(many: int) -> Iterator[Text]:
    if many > 0:
        yield Text(f"and {many} more; --json names them all", style="dim")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(f"\n{title}", style="bold"), title_justify="left", box=None, pad_edge=False, header_style="dim", expand=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    return table
