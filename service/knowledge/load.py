"""All knowledge files -> one immutable Knowledge; every problem of every file in ONE list.

Reads the folders beside this file. What cannot be wrong in one file alone (a name that nothing has) is `links.py`'s to find.
"""

import difflib
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from service.errors import InvalidAdjustments, InvalidKnowledge
from service.knowledge.blocks import Blocks
from service.knowledge.links import dangling
from service.knowledge.model import (
    Context,
    FindingDefinition,
    Knowledge,
    Language,
    Pathway,
    PhraseList,
    RuleFile,
    RuleRow,
    Study,
    ValueSet,
)
from service.knowledge.nerve import Nerve
from service.knowledge.orders import Orders
from service.knowledge.provenance import AttributeFile, Publication, System, Version
from service.knowledge.quiet import Quiet
from service.knowledge.shape import Shape
from service.knowledge.spelling import slips_of
from service.knowledge.tables import code_table, lexicon_of, stirred_by, words_of
from service.knowledge.thresholds import AS_SHIPPED, Adjustments, Numbers, Threshold, ThresholdFile, adjusted
from service.knowledge.wording import Wording

FOLDER = Path(__file__).parent
AnyShape = TypeVar("AnyShape", bound=Shape)


def load_knowledge(adjustments: Adjustments = AS_SHIPPED) -> Knowledge:
    """The knowledge of this package as one site wants it, read once per process; raises InvalidKnowledge or InvalidAdjustments."""
    return _loaded(adjustments)


@cache
def _loaded(adjustments: Adjustments) -> Knowledge:
    return read_folder(FOLDER, adjustments)


def read_folder(folder: Path, adjustments: Adjustments = AS_SHIPPED) -> Knowledge:
    """The knowledge in a folder laid out as this one; raises InvalidKnowledge with every problem found."""
    problems: list[str] = []
    file = _one(folder / "thresholds.toml", ThresholdFile, problems)
    shipped = {threshold.id: threshold for threshold in file.threshold} if file else {}
    for name, count in Counter(threshold.id for threshold in (file.threshold if file else ())).items():
        if count > 1:
            problems.append(f"thresholds.toml  {name}: the id stands twice")
    thresholds, refused = adjusted(shipped, adjustments)
    numbers = Numbers(thresholds)
    systems = _one(folder / "systems.toml", SystemFile, problems)
    files = _each(folder / "rules", RuleFile, problems, numbers)
    rules = _rules(files, problems)
    value_sets = _value_sets(folder / "value_sets", problems)
    uris = tuple(systems.system) if systems else ()
    phrases = _each(folder / "phrases", PhraseList, problems)
    parts = {
        "version": _one(folder / "version.toml", Version, problems),
        "language": _one(folder / "language.toml", Language, problems),
        "wording": _one(folder / "wording.toml", Wording, problems, numbers),
        "pathway": _one(folder / "pathway.toml", Pathway, problems, numbers),
        "blocks": _one(folder / "blocks.toml", Blocks, problems, numbers),
        "orders": _one(folder / "orders.toml", Orders, problems),
        "quiet": _one(folder / "quiet.toml", Quiet, problems, numbers),
        "attributes": _one(folder / "attributes.toml", AttributeFile, problems),
    }
    knowledge = Knowledge(
        systems={alias: system.uri for system in uris for alias in (system.uri, *system.aliases)},
        value_sets=value_sets,
        findings=_each(folder / "findings", FindingDefinition, problems, numbers),
        phrases=phrases,
        contexts=_each(folder / "contexts", Context, problems),
        studies=_each(folder / "studies", Study, problems, numbers),
        rules=rules,
        stages={row.id.split("-")[0]: file.says for file in files.values() for row in file.rule},
        nerves=dict(sorted(_each(folder / "nerves", Nerve, problems).items(), key=lambda item: item[1].order)),
        evidence=_each(folder / "evidence", Publication, problems),
        thresholds=thresholds,
        own_codes=_own_codes(folder / "code_systems" / "examination.json", problems),
        adjustments=replace(
            adjustments, numbers=tuple((name, value) for name, value in adjustments.numbers if _moves(shipped, name, value))
        ),
        digest=digest_of(folder),
        codes=code_table(value_sets.values(), uris),
        lexicon={},
        slips={},
        stirs={},
        **parts,  # type: ignore[arg-type]
    )
    if not problems:
        problems += [f"thresholds.toml  {name}: nothing counts with it" for name in shipped.keys() - numbers.asked]
        problems += dangling(knowledge)
    if problems:
        raise InvalidKnowledge(sorted(problems))
    if refused:
        raise InvalidAdjustments(refused)
    findings, studies = knowledge.findings, knowledge.studies
    heard = (*knowledge.blocks.phrases, *knowledge.orders.listened_for)
    language = knowledge.language
    return replace(
        knowledge,
        lexicon=lexicon_of(phrases, findings, studies, heard),
        slips=slips_of(language.misspelt, {*language.rightly, *words_of(phrases.values())}),
        stirs=stirred_by(findings, studies),
    )


def _moves(shipped: Mapping[str, Threshold], name: str, value: float) -> bool:
    return name in shipped and shipped[name].value != value


def digest_of(folder: Path) -> str:
    """One fingerprint of every file of a knowledge folder but version.toml, which names it; Python and READMEs are no knowledge."""
    fingerprint = hashlib.sha256()
    for path in sorted(path for kind in ("*.toml", "*.json") for path in folder.rglob(kind)):
        if path.name != "version.toml":
            # A checkout may end its lines in another way; the content is the same.
            content = path.read_bytes().replace(b"\r\n", b"\n")
            fingerprint.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return fingerprint.hexdigest()


class SystemFile(Shape):
    """All code systems, in one file."""

    system: tuple[System, ...]


def _each(folder: Path, shape: type[AnyShape], problems: list[str], numbers: Numbers | None = None) -> dict[str, AnyShape]:
    """Every TOML file of a folder by its name, the readable ones."""
    read = {path.stem: _one(path, shape, problems, numbers) for path in sorted(folder.glob("*.toml"))}
    if not read:
        problems.append(f"{folder.name}/  is empty or missing")
    return {name: value for name, value in read.items() if value is not None}


def _one(path: Path, shape: type[AnyShape], problems: list[str], numbers: Numbers | None = None) -> AnyShape | None:
    """One file in its shape, thresholds by their numbers; None, with the problems noted, when it has none."""
    where = f"{path.parent.name}/{path.name}" if path.parent.name != "knowledge" else path.name
    try:
        return shape.model_validate(tomllib.loads(path.read_text(encoding="utf-8")), context=numbers)
    except FileNotFoundError:
        problems.append(f"{where}  is missing")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{where}  is not TOML: {error}")
    except ValidationError as error:
        problems.extend(f"{where}  {line}" for line in _in_words(error, shape))
    return None


def _in_words(error: ValidationError, shape: type[Shape]) -> Iterable[str]:
    """The problems of one file, for its author."""
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            key = str(detail["loc"][-1])
            known = sorted(_keys_at(shape, detail["loc"][:-1]))
            near = difflib.get_close_matches(key, known, n=1)
            yield f'{place}: unknown key "{key}"' + (f' (did you mean "{near[0]}"?)' if near else f"; keys here: {', '.join(known)}")
        elif detail["type"] == "missing":
            yield f"{place}: missing"
        else:
            yield f"{place}: {detail['msg'].removeprefix('Value error, ')}".removeprefix(": ")


def _keys_at(shape: type[BaseModel], place: tuple[int | str, ...]) -> set[str]:
    """The keys that a table at a place of a file may have: field names lead inwards, a criterion's `by` picks its shape."""
    shapes = [shape]
    for part in place:
        inner = [model for one in shapes if part in one.model_fields for model in _models_in(one.model_fields[str(part)].annotation)]
        named = [one for one in shapes if (by := one.model_fields.get("by")) is not None and part in get_args(by.annotation)]
        shapes = inner or named or shapes
    return {field.alias or name for one in shapes for name, field in one.model_fields.items()}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The shapes that an annotation holds, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _rules(files: Mapping[str, RuleFile], problems: list[str]) -> dict[str, tuple[RuleRow, ...]]:
    """Rules by the letter of their stage, in the order of their numbers."""
    found: dict[str, RuleRow] = {}
    for name, file in files.items():
        for row in file.rule:
            if row.id in found:
                problems.append(f"rules/{name}.toml  {row.id}: the id stands twice")
            found[row.id] = row
    stages: dict[str, tuple[RuleRow, ...]] = {}
    for rule_id in sorted(found):
        stages.setdefault(rule_id.split("-")[0], ())
        stages[rule_id.split("-")[0]] += (found[rule_id],)
    return stages


def _value_sets(folder: Path, problems: list[str]) -> dict[str, ValueSet]:
    """Every FHIR ValueSet of the folder; codes are compared as strings, ICD-10-CM without regard to its dot."""
    found: dict[str, ValueSet] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            file: Any = json.loads(path.read_text(encoding="utf-8"))
            if file["id"] != path.stem:
                problems.append(f"value_sets/{path.name}  id is not the name of the file")
            codes = frozenset((part["system"], concept["code"]) for part in file["compose"]["include"] for concept in part["concept"])
            found[path.stem] = ValueSet(path.stem, file["title"], codes)
        except (ValueError, KeyError, TypeError) as error:
            problems.append(f"value_sets/{path.name}  is no ValueSet with explicit concepts: {type(error).__name__} {error}")
    return found


def _own_codes(path: Path, problems: list[str]) -> frozenset[tuple[str, str]]:
    """The codes that our own CodeSystem defines, each with its system."""
    try:
        file: Any = json.loads(path.read_text(encoding="utf-8"))
        return frozenset((file["url"], concept["code"]) for concept in file["concept"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.append(f"code_systems/{path.name}  is no CodeSystem with concepts: {type(error).__name__} {error}")
        return frozenset()
