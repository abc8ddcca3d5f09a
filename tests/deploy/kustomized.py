"""The manifests of an overlay, put together as kustomize does it, for as much of kustomize as they use; what they do not use is refused.

Used: `resources`, `namespace`, and `patches` of JSON Patch (RFC 6902) with `add` and `replace`, aimed at a kind and a name.
"""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = tuple(sorted(path.parent.name for path in ROOT.glob("overlays/*/kustomization.yaml")))
_KNOWN = {"apiVersion", "kind", "resources", "namespace", "patches"}

Manifest = dict[str, Any]


def overlay(name: str) -> list[Manifest]:
    """Every manifest of an overlay."""
    return _built(ROOT / "overlays" / name)


def one(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """The manifest of a kind, and of a name where there are several."""
    (found,) = (each for each in manifests if each["kind"] == kind and name in ("", each["metadata"]["name"]))
    return found


def _built(folder: Path) -> list[Manifest]:
    told = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(told) <= _KNOWN, f"{folder.name}: {set(told) - _KNOWN} is not understood here"
    found: list[Manifest] = []
    for resource in told["resources"]:
        path = folder / resource
        found += _built(path) if path.is_dir() else [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]
    for patch in told.get("patches", ()):
        target = one(found, patch["target"]["kind"], patch["target"]["name"])
        for operation in yaml.safe_load(patch["patch"]):
            _apply(target, operation)
    if namespace := told.get("namespace"):
        for each in found:
            each["metadata"]["namespace"] = namespace
    return found


def _apply(document: Any, operation: dict[str, Any]) -> None:
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in operation["path"].removeprefix("/").split("/"))
    for part in parents:
        document = document[int(part)] if isinstance(document, list) else document[part]
    if isinstance(document, list):
        if operation["op"] == "add":
            document.insert(len(document) if last == "-" else int(last), operation["value"])
        else:
            document[int(last)] = operation["value"]
        return
    assert operation["op"] == "add" or last in document, f"nothing to replace at {operation['path']}"
    document[last] = operation["value"]
