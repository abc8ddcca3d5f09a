"""The knowledge over HTTP, to be read by everybody: /knowledge as JSON, whole or in parts, and our FHIR ValueSets and CodeSystems.

Nothing here changes while the service runs, so that everything is written once and answered from memory.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.knowledge.load import FOLDER
from service.knowledge.model import Knowledge
from service.published import published

_READ = ["GET", "HEAD"]


def add_knowledge_routes(app: FastAPI, knowledge: Knowledge) -> None:
    """Add the routes: /knowledge, /knowledge/{room}, /knowledge/{room}/{name}, /fhir/ValueSet/{id} and /fhir/CodeSystem/{id}."""
    everything = published(knowledge)
    whole = _written(everything)
    files = {
        kind: {path.stem: path.read_bytes() for path in sorted((FOLDER / folder).glob("*.json"))}
        for kind, folder in (("ValueSet", "value_sets"), ("CodeSystem", "code_systems"))
    }

    async def read_whole(request: Request) -> Response:
        return _answer(request, whole, "application/json")

    async def read_part(request: Request) -> Response:
        part: Any = everything
        for step in (request.path_params["room"], request.path_params.get("name")):
            if step is None:
                continue
            if not isinstance(part, Mapping) or step not in part:
                raise HTTPException(404)
            part = part[step]
        return _answer(request, _written(part), "application/json")

    async def read_fhir(request: Request) -> Response:
        found = files.get(request.path_params["kind"], {}).get(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        return _answer(request, found, "application/fhir+json")

    for path, answer in (
        ("/knowledge", read_whole),
        ("/knowledge/{room}", read_part),
        ("/knowledge/{room}/{name}", read_part),
        ("/fhir/{kind}/{id}", read_fhir),
    ):
        app.add_route(path, answer, methods=_READ, include_in_schema=False)


def _written(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _answer(request: Request, content: bytes, media_type: str) -> Response:
    """The content with its fingerprint; 304 without it for a client that has it already."""
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    known = request.headers.get("if-none-match", "")
    if tag in known or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
