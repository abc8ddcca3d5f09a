"""The knowledge as others read it: everything that the service knows, as plain JSON, with the source attributes in front.

Gives one object. What a clinician reviews in `service/knowledge/` stands here under the same names.
"""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from service.knowledge.load import FOLDER
from service.knowledge.model import Knowledge
from service.knowledge.shape import Shape

Json = dict[str, Any]

# The stages in the order of the pathway.
STAGES = "PXGDICNTSEBHWO"
# What the effect of a rule comes to, in words.
EFFECTS = {
    "silence": "nothing is said",
    "silence-nerve": "nothing is said of that nerve",
    "quiet": "nothing is said again for a while",
    "required": "needed for a card",
    "cap-low": "tier at most low",
    "cap-moderate": "tier at most moderate",
    "stop-block": "no block is offered",
    "caution": "said before a block",
    "against": "said under Against",
    "support": "counts as support",
    "guidance": "said with a block",
    "band": "how a block reads",
    "tier": "decided by the pathway",
}


def published(knowledge: Knowledge) -> Json:
    """Everything that is known, as a site runs it: numbers are those that it counts with."""
    adjustments, version = knowledge.adjustments, knowledge.version
    sets = _as_fhir("value_sets")
    return {
        "version": version.version,
        "date": version.date.isoformat(),
        "says": version.says,
        "digest": knowledge.digest,
        "policy": adjustments.policy,
        "adjusted": dict(adjustments.numbers),
        "attributes": attributes_of(knowledge),
        "nerves": _each(knowledge.nerves),
        "stages": dict(knowledge.stages),
        "rules": {rule.id: _plain(rule) for stage in knowledge.rules.values() for rule in stage},
        "thresholds": _each(knowledge.thresholds),
        "findings": _each(knowledge.findings),
        "pathway": _plain(knowledge.pathway),
        "blocks": _plain(knowledge.blocks),
        "orders": _plain(knowledge.orders),
        "quiet": _plain(knowledge.quiet),
        "wording": _plain(knowledge.wording),
        "evidence": _each(knowledge.evidence),
        "studies": _each(knowledge.studies),
        "contexts": _each(knowledge.contexts),
        "phrases": _each(knowledge.phrases),
        "language": _plain(knowledge.language),
        "valueSets": {
            name: {
                "title": value_set.title,
                "description": sets[name].get("description", ""),
                "codes": [{"system": system, "code": code} for system, code in sorted(value_set.codes)],
            }
            for name, value_set in knowledge.value_sets.items()
        },
        "codeSystems": _as_fhir("code_systems"),
        "systems": _systems(),
        "earlier": [_plain(one) for one in version.earlier],
    }


def attributes_of(knowledge: Knowledge) -> Json:
    """The thirteen source attributes by their numbers, with the version and its date filled in."""
    version = knowledge.version
    named = {"{version}": version.version, "{date}": version.date.isoformat()}
    return {
        str(one.number): {"number": one.number, "name": one.name, "value": _filled(one.value, named)}
        for one in knowledge.attributes.attribute
    }


def _systems() -> Json:
    """Every code system by its URI, as it stands in the file: the loaded knowledge keeps no more than which URI means which."""
    file = tomllib.loads((FOLDER / "systems.toml").read_text(encoding="utf-8"))
    return {row["uri"]: row for row in file["system"]}


def _as_fhir(folder: str) -> Json:
    """The FHIR resources of a folder by their names, with what the loaded knowledge does not keep of them."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / folder).glob("*.json"))}


def _filled(text: str, named: Mapping[str, str]) -> str:
    for name, value in named.items():
        text = text.replace(name, value)
    return text


def _each(shapes: Any) -> Json:
    return {name: _plain(shape) for name, shape in shapes.items()}


def _plain(shape: Shape) -> Json:
    """A table as it stands in its file, without what is not set."""
    return shape.model_dump(mode="json", by_alias=True, exclude_defaults=True)
