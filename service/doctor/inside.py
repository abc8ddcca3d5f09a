"""What can be told without asking anybody: settings, knowledge, clients, clock, disk, and who runs the service."""

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from service.addresses import is_loopback
from service.clients.load import Clients
from service.database_url import SQLiteFile
from service.doctor.verdict import Verdict, mind, well, wrong
from service.knowledge.model import Knowledge
from service.settings import Settings
from service.shown_pages import FOR_ALL

_GB = 1024**3
# Of the disk under a SQLite file: below the first somebody should know, below the second there is soon no memory.
_LITTLE, _TOO_LITTLE = 1.0, 0.1


def of_settings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Verdict]:
    """How the service may be reached, and by whom."""
    if settings.clients_file is None:
        yield mind(
            "callers",
            f"OPEN: whoever reaches {settings.host} port {settings.port} is answered.",
            "For patients' data set CLUNEAL_CLIENTS_FILE; open is for trying things out.",
        )
    host = settings.base_url.split("://")[1].split("/")[0].rsplit(":", 1)[0].strip("[]")
    if settings.base_url.startswith("https://"):
        yield well("address", f"Clients see the service at {settings.base_url}.")
    elif is_loopback(host):
        yield mind("address", f"Clients see the service at {settings.base_url}, which is this machine alone.")
    else:
        yield wrong("address", f"Clients see the service at {settings.base_url}: charts would travel unencrypted.", "Use https.")
    if settings.place is None:
        yield mind("memory", "Nothing is remembered (CLUNEAL_DATABASE_URL=off): no feedback, no quiet, no audit.")
    elif not settings.quiet:
        yield mind("quiet", "CLUNEAL_QUIET=0: a card comes again at every call, whatever became of it.")
    if settings.docs:
        yield mind("docs", "CLUNEAL_DOCS=1: the description of all addresses is open to everybody.")
    if settings.clients_file and (open_pages := [page for page in settings.shown_pages if page not in FOR_ALL]):
        yield mind("pages", f"CLUNEAL_PAGES: {', '.join(open_pages)} ask nobody who they are. Let a proxy decide who may look.")
    if environ.get("PYTHONHASHSEED", "random") != "random":
        yield wrong("hash seed", "PYTHONHASHSEED is fixed, so that a caller can make slow requests.", "Do not set it.")


def of_knowledge(knowledge: Knowledge) -> Verdict:
    """Which knowledge speaks."""
    version, adjusted = knowledge.version, knowledge.adjustments
    decided = [f"policy {adjusted.policy}"] if adjusted.policy != "evidence" else []
    decided += [f"{name} {value:g}" for name, value in adjusted.numbers]
    here = f" Decided here: {', '.join(decided)}." if decided else ""
    return well(
        "knowledge", f"Version {version.version} of {version.date} is sound: {sum(map(len, knowledge.rules.values()))} rules.{here}"
    )


def of_clients(clients: Clients | None) -> Iterator[Verdict]:
    """Who may call, and what of it is only for tests."""
    if clients is None:
        return
    by_mode = [f"{known.name} ({known.described.mode})" for known in clients.known]
    yield well("clients", f"{len(by_mode)} in the clients file: {', '.join(by_mode)}.")
    if clients.allow_http_loopback:
        yield mind("clients", "allow_http_loopback = true: plain http to this machine is allowed.", "It is for tests alone.")
    for known in clients.known:
        if known.described.replay == "off":
            yield mind(f"client {known.name}", "replay = off: whoever sees one of its tokens can use it until it expires.")


def of_clock(knowledge: Knowledge, today: date) -> Verdict:
    """Whether it can be today. A clock that is behind makes tokens and dates wrong; another clock is asked with the database."""
    if today < knowledge.version.date:
        says = f"This machine takes today for {today}, which is before this version was made ({knowledge.version.date})."
        return wrong("clock", says, "Set the clock, and keep it by NTP: tokens and the dates of a chart are read by it.")
    return well("clock", f"Today is {today} here.")


def of_disk(settings: Settings) -> Iterator[Verdict]:
    """Whether a SQLite file has room, and belongs to the service alone."""
    if not isinstance(settings.place, SQLiteFile):
        return
    path: Path = settings.place.path
    free = shutil.disk_usage(path.parent).free / _GB
    says = f"{free:.1f} GB are free where {path} lies."
    if free < _TOO_LITTLE:
        yield wrong("disk", says, "Make room: when it is full nothing is recorded, and feedback is refused.")
    elif free < _LITTLE:
        yield mind("disk", says, "cluneal-cds db forget --older-than DAYS makes room in the file.")
    else:
        yield well("disk", says)
    if path.exists() and path.stat().st_mode & 0o077:
        yield wrong("file", f"{path} may be read by other users of this machine.", f"chmod 600 {path}")


def of_process() -> Iterator[Verdict]:
    """Who runs this command, which is who runs the service."""
    if os.geteuid() == 0:
        yield mind("user", "This command runs as root; the service needs no rights at all.", "Run both as a user of their own.")
