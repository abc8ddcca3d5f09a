"""What commands about the memory of the service have in common: where it is, how it is opened, and how they speak."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service.database_url import Place, SQLiteFile
from service.errors import ClinicError
from service.settings import Settings
from service.storage.database import Database

Days = Annotated[int, typer.Option("--older-than", min=1, metavar="DAYS", help="How old, in days.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="From this day on, in UTC.")]

_out = Console(highlight=False)


class NothingRemembered(ClinicError):
    """A command asks for what is remembered, and nothing is."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not there: the service has not started with it yet, or CLUNEAL_DATABASE_URL should name another file.")


def place_of(settings: Settings) -> Place:
    """Where the service remembers. Raises BadParameter where that is nowhere."""
    if settings.place is None:
        raise typer.BadParameter("with CLUNEAL_DATABASE_URL=off nothing is remembered")
    return settings.place


def database_at(settings: Settings, *, reads: bool = False) -> Database:
    """The database as it is. Raises NothingRemembered for a file that is not there: a command makes none."""
    place = place_of(settings)
    if isinstance(place, SQLiteFile) and not place.path.exists():
        raise NothingRemembered(place.path)
    return Database(place, wait=10, patient=True, reads=reads)


def removal(kind: str, detail: dict[str, object]) -> dict[str, object]:
    """The record of what was removed, for the audit."""
    return {"type": "object", "subtype": kind, "action": "D", "outcome": "0", "agent": {"who": "operator"}, "entity": [{"detail": detail}]}


def say(sentence: str) -> None:
    """Tell a person a sentence."""
    _out.print(Text(sentence), soft_wrap=True)
