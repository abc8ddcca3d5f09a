"""The lock as data: which library in which version, which files of it are allowed, and who asked for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
# Where the service runs: the image, and what a hospital has. Libraries for other systems are not part of it.
SYSTEM = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
_PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\$")
# "# via fastapi", or "# via" with a line for each.
_ASKED = re.compile(r"#(?: via)? {1,3}(-r \S+|[a-z0-9._-]+)$", re.MULTILINE)
_SPDX = {
    "Apache-2.0": "Apache-2.0",
    "BSD-3-Clause": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT": "MIT",
    "MIT License": "MIT",
    "MPL-2.0": "MPL-2.0",
}


@dataclass(frozen=True, slots=True)
class Library:
    """One library of the lock.

    hashes  sha256 of each file that may be installed
    via     the libraries that need it; "" for ours
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its name for programs (package URL)."""
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def licence(self) -> str:
        """What its own metadata says, as an SPDX expression where it can be told, else in its words."""
        try:
            told = metadata(self.name)
        except PackageNotFoundError:
            raise RuntimeError(f"{self.name} of the lock is not installed here; make setup installs it") from None
        if expression := told.get("License-Expression"):
            return expression
        words = (told.get("License") or "").strip()
        classified = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or [] if one.startswith("License :: OSI Approved")]
        return _SPDX.get(words) or " OR ".join(_SPDX.get(one, one) for one in classified) or words

    @property
    def is_spdx(self) -> bool:
        """Whether the licence is an expression of the SPDX list."""
        return " License" not in self.licence


def libraries(lock: Path = LOCK, *, system: Mapping[str, str] = SYSTEM) -> tuple[Library, ...]:
    """What the lock installs on a system, by name."""
    found: list[Library] = []
    for block in re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8")):
        first, _, rest = block.lstrip().partition("\n")
        pin = _PIN.match(first)
        if pin is None or (pin["marker"] and not Marker(pin["marker"]).evaluate(dict(system))):
            continue
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest))
        asked = (one for one in _ASKED.findall(rest) if one != "via")
        via = tuple("" if one.startswith("-r ") else one for one in asked)
        found.append(Library(pin["name"], pin["version"], hashes, via))
    return tuple(sorted(found, key=lambda one: one.name))
