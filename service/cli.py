"""The command `cluneal-cds`: start the service, try it on a chart or a story, look at what it knows.

Exit codes: 0 it went well; 1 what was asked about is not so (no answer, knowledge with problems, a file that holds no chart);
2 the command or a setting is wrong.
"""

import sys
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service.errors import ClinicError
from service.story import FIRST_STORY
from service.usage import Commands, examples, plain


class _Commands(Commands):
    """Each command and the module where it is: together they would take a second."""

    places = MappingProxyType(
        {
            "serve": "service.commands.serving",
            "story": "service.commands.charts",
            "evaluate": "service.commands.charts",
            "knowledge": "service.commands.knowledge",
            "clients": "service.commands.clients",
            "prefetch": "service.commands.integration",
            "check-record": "service.commands.integration",
            "probe": "service.commands.probe",
            "doctor": "service.commands.doctor",
            "report": "service.commands.report",
            "feedback": "service.commands.feedback",
            "shadow": "service.commands.shadow",
            "replay": "service.commands.replay",
            "audit": "service.commands.audit",
            "db": "service.commands.database",
        }
    )


app = typer.Typer(
    name="cluneal-cds",
    cls=_Commands,
    help="Clinical decision support for cluneal neuropathy over CDS Hooks. It suggests what to consider; it makes no diagnosis.",
    epilog=examples("cluneal-cds serve", f"cluneal-cds story {FIRST_STORY} --send http://127.0.0.1:8000   (in another terminal)"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        from service.knowledge.load import load_knowledge

        Console(highlight=False).print(f"cluneal-cds {version('cluneal-cds')}, knowledge {load_knowledge().version.version}")
        raise typer.Exit


@app.callback()
def _whole(
    version_: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version of the program and of what it knows.")
    ] = False,
) -> None:
    """Every command, and what is asked of none of them."""


def main() -> None:
    """Run the command line; what a person has to mend comes as a sentence, not as a traceback."""
    try:
        app()
    except ClinicError as failed:
        Console(stderr=True, highlight=False).print(Text(plain(str(failed))), soft_wrap=True)
        sys.exit(failed.exit_code)
