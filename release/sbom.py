"""The bill of materials (CycloneDX 1.6) of what is installed with the service, made from the lock: `python -m release.sbom [FILE]`.

The same lock and the same SOURCE_DATE_EPOCH give the same bytes. A library has no hash of its own but one for each of its files, so they
stand with the reference to its distribution.
"""

import json
import os
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from release.locked import LOCK, ROOT, Library, libraries


def bill(*, made: datetime) -> dict[str, Any]:
    """The bill of the service as the lock has it now; `made`: when, in UTC."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = libraries()
    ours = f"pkg:pypi/{project['name']}@{project['version']}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, ours + LOCK.read_text(encoding='utf-8'))}",
        "version": 1,
        "metadata": {
            "timestamp": made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": project["name"],
                "version": project["version"],
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": ours,
            },
        },
        "components": [_component(one) for one in locked],
        "dependencies": [
            {"ref": ours, "dependsOn": _needed(locked, "")},
            *({"ref": one.purl, "dependsOn": _needed(locked, one.name)} for one in locked),
        ],
    }


def _component(one: Library) -> dict[str, Any]:
    files = [{"alg": "SHA-256", "content": digest} for digest in sorted(one.hashes)]
    licence = one.licence
    return {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "licenses": [{"expression": licence}] if one.is_spdx else [{"license": {"name": licence}}],
        "purl": one.purl,
        "externalReferences": [{"type": "distribution", "url": one.purl, "hashes": files, "comment": "each file that the lock allows"}],
    }


def _needed(locked: tuple[Library, ...], by: str) -> list[str]:
    return [one.purl for one in locked if by in one.via]


def main(*words: str) -> None:
    """Write the bill to the file that is named, or to standard output."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    made = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    text = json.dumps(bill(made=made), indent=2) + "\n"
    if words:
        Path(words[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
