"""The prefetch templates that a service advertises, proved when it is described, and filled in when the service fetches by itself.

A template that a client cannot resolve is left out by the client without a word, so the mistake would show as missing data.
Source: CDS Hooks, "Prefetch Template" and "Prefetch query restrictions", https://cds-hooks.hl7.org/2.0/#prefetch-template.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from cds_hooks.hooks.context import Hook

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
# Stands for a token while the rest of the template is looked at; no legal template holds it.
_MARK = "*"
_INSTANCE = re.compile(r"[A-Z][A-Za-z]+/(?:\*|[A-Za-z0-9.-]{1,64})")
_SEARCH = re.compile(r"[A-Z][A-Za-z]+")
_PARAMETER = re.compile(r"[a-z][A-Za-z0-9-]*")
_COMMON_PARAMETERS = frozenset({"_id", "_lastUpdated", "_count", "_sort"})
_VALUE = re.compile(r"[A-Za-z0-9._~:/|,%*-]+")
_OTHER_PREFIX = re.compile(r"(?:ne|sa|eb|ap)[0-9]")
_SHAPES = {"_count": re.compile(r"[1-9][0-9]*"), "_sort": re.compile(r"-?[A-Za-z_-]+(?:,-?[A-Za-z_-]+)*")}


def template_problems(templates: Mapping[str, str], hook: Hook) -> tuple[str, ...]:
    """What keeps clients from resolving these templates of a service on `hook`; empty when nothing does."""
    return tuple(f'prefetch "{key}": {problem}' for key, template in templates.items() for problem in _problems(template, hook))


def filled(template: str, values: Mapping[str, str]) -> str | None:
    """The query of a template, its tokens replaced by their values; None when one has no value.

    Values are percent-encoded: "p1&patient=p2" stays one value, and "../" no way up.
    """
    if any(token not in values for token in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda token: quote(values[token[1]], safe=""), template)


def _problems(template: str, hook: Hook) -> Iterator[str]:
    for token in _TOKEN.findall(template):
        if token not in hook.tokens:
            # "only root-level fields of primitive type": no client looks into draftOrders; today() is version 3.
            yield f"{{{{{token}}}}} is no token of {hook.name}; tokens: {', '.join(sorted(hook.tokens))}"
    bare = _TOKEN.sub(_MARK, template)
    path, question, query = bare.partition("?")
    if "{" in bare or "}" in bare:
        yield "a brace outside of a token"
    elif not (_SEARCH if question else _INSTANCE).fullmatch(path):
        yield "must be a read, Patient/{{context.patientId}}, or a search, Condition?patient={{context.patientId}}"
    elif question:
        yield from _query_problems(query)


def _query_problems(query: str) -> Iterator[str]:
    seen = set()
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if name in seen:
            # The sandbox joins repeated parameters with a comma: and becomes or.
            yield f"{name} stands twice"
        seen.add(name)
        if name not in _COMMON_PARAMETERS and not _PARAMETER.fullmatch(name):
            yield f"{name or 'an empty parameter'}: no modifiers, chains, inclusions or operations; many servers refuse them"
        elif not equals or not _SHAPES.get(name, _VALUE).fullmatch(value):
            yield f"{name} has no value, or one that needs percent-encoding"
        elif _OTHER_PREFIX.match(value):
            yield f"{name}: of the prefixes only eq, lt, gt, ge and le are safe to use"
