"""All knowledge files -> one immutable Knowledge; every problem of every file in ONE list.

Reads the folders beside this file. What cannot be wrong in one file alone (a name that nothing has) is `links.py`'s to find.
"""

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from service.errors import InvalidKnowledge
from service.knowledge.links import dangling
from service.knowledge.model import (
    Context,
    FindingDefinition,
    Knowledge,
    Language,
    Pathway,
    PhraseList,
    Publication,
    RuleFile,
    RuleRow,
    Study,
    System,
    ValueSet,
    Version,
)
from service.knowledge.nerve import Nerve
from service.knowledge.shape import Shape
from service.knowledge.tables import code_table, lexicon_of, stirred_by
from service.knowledge.wording import Wording

FOLDER = Path(__file__).parent
AnyShape = TypeVar("AnyShape", bound=Shape)


@cache
def load_knowledge() -> Knowledge:
    """The knowledge of this package, read once per process; raises InvalidKnowledge with every problem found."""
    return read_folder(FOLDER)


def read_folder(folder: Path) -> Knowledge:
    """The knowledge in a folder laid out as this one; raises InvalidKnowledge with every problem found."""
    problems: list[str] = []
    systems = _one(folder / "systems.toml", SystemFile, problems)
    rules = _rules(_each(folder / "rules", RuleFile, problems), problems)
    value_sets = _value_sets(folder / "value_sets", problems)
    uris = tuple(systems.system) if systems else ()
    phrases = _each(folder / "phrases", PhraseList, problems)
    parts = {
        "version": _one(folder / "version.toml", Version, problems),
        "language": _one(folder / "language.toml", Language, problems),
        "wording": _one(folder / "wording.toml", Wording, problems),
        "pathway": _one(folder / "pathway.toml", Pathway, problems),
    }
    knowledge = Knowledge(
        systems={alias: system.uri for system in uris for alias in (system.uri, *system.aliases)},
        value_sets=value_sets,
        findings=_each(folder / "findings", FindingDefinition, problems),
        phrases=phrases,
        contexts=_each(folder / "contexts", Context, problems),
        studies=_each(folder / "studies", Study, problems),
        rules=rules,
        nerves=dict(sorted(_each(folder / "nerves", Nerve, problems).items(), key=lambda item: item[1].order)),
        evidence=_each(folder / "evidence", Publication, problems),
        codes=code_table(value_sets.values(), uris),
        lexicon={},
        stirs={},
        **parts,  # type: ignore[arg-type]
    )
    if not problems:
        problems += dangling(knowledge)
    if problems:
        raise InvalidKnowledge(sorted(problems))
    findings, studies = knowledge.findings, knowledge.studies
    return replace(knowledge, lexicon=lexicon_of(phrases, findings, studies), stirs=stirred_by(findings, studies))


class SystemFile(Shape):
    """All code systems, in one file."""

    system: tuple[System, ...]


def _each(folder: Path, shape: type[AnyShape], problems: list[str]) -> dict[str, AnyShape]:
    """Every TOML file of a folder by its name, the readable ones."""
    read = {path.stem: _one(path, shape, problems) for path in sorted(folder.glob("*.toml"))}
    if not read:
        problems.append(f"{folder.name}/  is empty or missing")
    return {name: value for name, value in read.items() if value is not None}


def _one(path: Path, shape: type[AnyShape], problems: list[str]) -> AnyShape | None:
    """One file in its shape; None, with the problems noted, when it has none."""
    where = f"{path.parent.name}/{path.name}" if path.parent.name != "knowledge" else path.name
    try:
        return shape.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
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
