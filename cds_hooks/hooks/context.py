"""What the contexts of all hooks have in common: who asks, about whom, in which encounter.

Reads: the `context` object of a request, already parsed.  Gives: ids that are safe to compare and to put into a query.
Source: CDS Hooks library, https://cds-hooks.hl7.org/hooks/, the "Context" table of each hook.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from cds_hooks.errors import MalformedRequest

# FHIR R4 `id`; the underscore is not in the standard but in the ids of real servers.
ID = r"[A-Za-z0-9._-]{1,64}"
# A URL is ASCII without spaces (RFC 3986); every engine of regular expressions reads this alike, as it does not "\s".
SERVER = r'(?:https?://[!-"$->@-~]+/)?'
TYPE = r"[A-Z][A-Za-z]{1,63}"
VERSION = rf"(?:/_history/{ID})?"
_REFERENCE = re.compile(f"{SERVER}({TYPE})/({ID}){VERSION}")
_PATH_STEPS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource by its type and id. `str()` gives the FHIR reference, "Practitioner/7"."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


class HookContext(Protocol):
    """What a service may ask of the context of any hook in the registry.

    user_id       who acts; None where the hook does not say, as order-dispatch does not
    encounter_id  None outside of an encounter, and where the hook does not say
    """

    @property
    def user_id(self) -> Reference | None: ...
    @property
    def patient_id(self) -> str: ...
    @property
    def encounter_id(self) -> str | None: ...

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self: ...


@dataclass(frozen=True, slots=True)
class Hook:
    """One row of the registry.

    version     the hookVersion that the library publishes
    context     the class that reads this hook's `context`
    user_types  the resource types that its `userId` may have; none for a hook without that field
    tokens      what a prefetch template of this hook may name between {{ and }}
    schema      JSON Schema of the contexts that are read
    example     one of them
    """

    name: str
    version: str
    context: type[HookContext]
    user_types: tuple[str, ...]
    tokens: frozenset[str]
    schema: Mapping[str, object] = field(repr=False)
    example: Mapping[str, object] = field(repr=False)


def prefetch_tokens(fields: Collection[str], user_types: Collection[str]) -> frozenset[str]:
    """The tokens of a hook: its primitive root fields, and the id of the user by type ("userPractitionerId")."""
    return frozenset({*(f"context.{field}" for field in fields), *(f"user{type_}Id" for type_ in user_types)})


def find_reference(value: object) -> Reference | None:
    """The resource that a reference names, in any form: relative, absolute, with a version; None for what is no such reference."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return None if match is None or match[2] in _PATH_STEPS else Reference(match[1], match[2])


def read_user(context: Mapping[str, object], types: Sequence[str]) -> Reference:
    """The user of the request, who is a resource of one of these types."""
    user = find_reference(context.get("userId"))
    if user is None or user.type not in types:
        raise MalformedRequest(f"`context.userId` must be a reference such as {types[0]}/123; types here: {', '.join(types)}.")
    return user


def read_id(context: Mapping[str, object], field: str, type_: str) -> str:
    """The id in a field that every request has, bare; "Patient/7" counts as "7"."""
    value = context.get(field)
    bare = value.removeprefix(f"{type_}/") if isinstance(value, str) else ""
    # "." and ".." are ids by the letter, but steps of a path as soon as somebody builds an address from them.
    if re.fullmatch(ID, bare) is None or bare in _PATH_STEPS:
        raise MalformedRequest(f"`context.{field}` must be the id of a FHIR resource: 1 to 64 letters, digits, dots, hyphens.")
    return bare


def read_optional_id(context: Mapping[str, object], field: str, type_: str) -> str | None:
    """The id in a field that may be left out; None when it is absent, null or empty, as clients send what they do not have."""
    return None if context.get(field) in (None, "") else read_id(context, field, type_)


def token_values(context: HookContext) -> Mapping[str, str]:
    """What the tokens of prefetch templates stand for in this context; a token without a value is not among them."""
    values = {"context.patientId": context.patient_id}
    if context.encounter_id is not None:
        values["context.encounterId"] = context.encounter_id
    if context.user_id is not None:
        values |= {"context.userId": str(context.user_id), f"user{context.user_id.type}Id": context.user_id.id}
    if isinstance(performer := getattr(context, "performer", None), Reference):
        values["context.performer"] = str(performer)
    return values
