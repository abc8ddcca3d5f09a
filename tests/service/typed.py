"""A command as somebody types it, in this process: a process of its own takes seconds to start on a busy machine."""

from collections.abc import Mapping

from click.testing import Result
from typer.testing import CliRunner

from service.cli import app


def typed(environ: Mapping[str, str], *words: str) -> Result:
    """What a command says, and its exit code; what it raises but an exit is raised."""
    return CliRunner().invoke(app, list(words), env={**environ, "COLUMNS": "200"}, catch_exceptions=False)
