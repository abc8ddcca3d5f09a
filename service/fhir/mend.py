"""A tolerant reading of one resource that does not have its shape: every element that can be read is kept, the others are named.

The fast path decodes a resource in one step and refuses it whole for one odd element; such a resource comes here. Common liberties are
understood (one thing where a list belongs, a list where one thing belongs, a bare word where a CodeableConcept belongs), and so are the
names of other versions of FHIR; nothing is guessed.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from service.fhir.chart import kind_of
from service.fhir.datatypes import CodeableConcept, Coding
from service.fhir.shapes import Resource
from service.fhir.versions import in_r4

AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)
_GONE = object()


def mend(found: Mapping[str, Any], shape: type[AnyStruct]) -> tuple[AnyStruct, list[str]]:
    """The resource with what could be read of it, and the names of the elements that could not."""
    kept: dict[str, Any] = {}
    lost: list[str] = []
    hints, found = _hints(shape), in_r4(shape.__name__, found)
    for field in msgspec.structs.fields(shape):
        if found.get(field.encode_name) is None:
            continue
        value = _mend_value(found[field.encode_name], hints[field.name], f"{field.encode_name}", lost)
        if value is not _GONE:
            kept[field.name] = value
    return shape(**kept), lost


def contained(found: Resource, shape: type[AnyStruct]) -> dict[str, AnyStruct]:
    """The resources of one type that another carries inside, by their local reference; what cannot be read of them is left out."""
    inside: dict[str, AnyStruct] = {}
    for raw in found.contained or ():
        if kind_of(raw) == shape.__name__:
            try:
                one, _ = mend(msgspec.json.decode(raw), shape)
            except (msgspec.DecodeError, RecursionError):
                continue
            inside[f"#{getattr(one, 'id', None)}"] = one
    return inside


@cache
def _hints(shape: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(shape)


def _mend_value(value: Any, wanted: Any, where: str, lost: list[str]) -> Any:
    """The value in one of the wanted types, or _GONE with its place noted."""
    options = [
        option for option in (get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)) if option is not type(None)
    ]
    try:
        return msgspec.convert(value, wanted, strict=True)
    except (msgspec.ValidationError, ValueError):
        pass
    for option in options:
        mended = _mend_as(value, option, where, lost)
        if mended is not _GONE:
            return mended
    lost.append(where)
    return _GONE


def _mend_as(value: Any, option: Any, where: str, lost: list[str]) -> Any:
    """The value read as one type with the liberties charts take, or _GONE."""
    if get_origin(option) is list:
        inner = get_args(option)[0]
        several = value if isinstance(value, list) else [value]
        kept = [item for item in (_mend_value(item, inner, where, lost) for item in several) if item is not _GONE]
        return kept or _GONE
    if isinstance(value, list):
        several = [one for item in value if (one := _mend_value(item, option, where, lost)) is not _GONE]
        if option is CodeableConcept and several:
            # Codes that are listed beside each other are all meant.
            texts = [one.text for one in several if one.text]
            return CodeableConcept(coding=[coding for one in several for coding in one.coding or ()] or None, text="; ".join(texts) or None)
        # Of several others where one belongs nobody can tell which is meant.
        return several[0] if len(value) == 1 and several else _GONE
    if isinstance(option, type) and issubclass(option, msgspec.Struct):
        if isinstance(value, str) and option is CodeableConcept:
            return CodeableConcept(coding=[Coding(code=value)], text=value)
        if isinstance(value, str) and issubclass(option, Coding):
            return option(code=value)
        if isinstance(value, dict):
            mended, gone = mend(value, option)
            lost.extend(f"{where}.{name}" for name in gone)
            return mended
    if option is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return _GONE
