"""An OpenAPI document as one HTML page: every address with what it takes and what it answers, and the schemas that they name."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from service.web.docs_fields import anchor, code, fields, kind, prose

Json = Mapping[str, Any]

STYLE = """
:root { color-scheme: light dark; --line: #8886; --quiet: #8882; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 0; } h3 { font-size: 1rem; margin: 1rem 0 0; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1rem; }
h2 code { font-size: 1.1rem; font-weight: 600; } p { margin: .4rem 0; } code, pre { font: 14px/1.5 ui-monospace, monospace; }
ul { margin: .2rem 0; padding-left: 1.2rem; } .fields { border-left: 2px solid var(--line); list-style: none; padding-left: .8rem; }
.fields > li { margin: .3rem 0; }
pre { background: var(--quiet); overflow-x: auto; padding: .6rem; } summary { cursor: pointer; }
"""
# What would be said at each answer.
_ALWAYS = ("Cache-Control", "Vary", "X-Content-Type-Options")


def docs_page(document: Json) -> str:
    """The page, complete: it loads nothing, runs nothing, and shows the document as text alone."""
    info, components = document["info"], document["components"]
    title = f"{info['title']} {info['version']}"
    always = ", ".join(code(name) for name in _ALWAYS)
    elsewhere = {"404": components["responses"]["NotFound"], "405": components["responses"]["MethodNotAllowed"]}
    parts = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body><main>',
        f"<h1>{escape(title)}</h1><p>{prose(info['description'])}</p>",
        f'<p>At {code(document["servers"][0]["url"])}; for programs: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1.</p>',
        f"<p>Every answer has {always}; those with more say so.</p>",
        "<ul>",
        *(f'<li><a href="#{anchor(path)}">{escape(path)}</a></li>' for path in document["paths"]),
        "</ul>",
        *(_address(path, item) for path, item in document["paths"].items()),
        f"<section><h2>Anything else</h2>{_answers(elsewhere)}</section>",
        *(_section(f"schema {name}", name, fields(schema)) for name, schema in components["schemas"].items()),
        "</main></body></html>",
    )
    return "".join(parts)


def _address(path: str, item: Json) -> str:
    """One path: GET and POST in full; the others, which have no body, by their names."""
    steps = [_parameter(one) for one in item.get("parameters", ())]
    parameters = f"<h3>Parameters</h3><ul class=fields>{''.join(steps)}</ul>" if steps else ""
    told = [_operation(method, item[method]) for method in ("get", "post") if method in item]
    others = [method.upper() for method in item if method in ("head", "options")]
    also = f"<p>Also: {', '.join(others)}.</p>" if others else ""
    return _section(path, path, "".join((*told, parameters, also)))


def _section(name: str, heading: str, content: str) -> str:
    return f'<section id="{anchor(name)}"><h2>{code(heading)}</h2>{content}</section>'


def _operation(method: str, operation: Json) -> str:
    signed = "<p>Only for clients that sign: <code>Authorization: Bearer</code> and a JWT.</p>" if operation.get("security") else ""
    says = operation.get("description", "")
    return "".join(
        (
            f"<h3>{method.upper()}: {escape(operation['summary'])}</h3><p>{prose(says)}</p>{signed}",
            _body(operation["requestBody"]) if "requestBody" in operation else "",
            _answers(operation["responses"]),
        )
    )


def _parameter(parameter: Json) -> str:
    says = prose(parameter.get("description", ""))
    return f"<li>{code(parameter['name'])} in the {escape(parameter['in'])}: {kind(parameter['schema'])}. {says}</li>"


def _body(body: Json) -> str:
    content = next(iter(body["content"].values()))
    media_types = ", ".join(code(name) for name in body["content"])
    shown = [
        f"<details><summary>Example: {escape(name)}</summary><pre>{escape(json.dumps(example['value'], indent=1))}</pre></details>"
        for name, example in content["examples"].items()
    ]
    return f"<h3>Body</h3><p>{kind(content['schema'])}, as {media_types}. {prose(body['description'])}</p>{''.join(shown)}"


def _answers(responses: Json) -> str:
    return f"<h3>Answers</h3><ul class=fields>{''.join(_answer(status, response) for status, response in responses.items())}</ul>"


def _answer(status: str, response: Json) -> str:
    bodies = [f"{_what(content['schema'])} as {code(media_type)}." for media_type, content in response.get("content", {}).items()]
    headers = [code(name) for name in response["headers"] if name not in _ALWAYS]
    also = f"With {', '.join(headers)}." if headers else ""
    return f"<li><b>{status}</b> {escape(response['description'])} {' '.join((*bodies, also))}</li>"


def _what(schema: Json) -> str:
    """The body of an answer; of a refusal, the codes that it can have."""
    if "oneOf" not in schema:
        return kind(schema)
    return f"OperationOutcome {', '.join(code(outcome['title']) for outcome in schema['oneOf'])}"
