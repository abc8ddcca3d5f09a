"""The OpenAPI document at /openapi.json, and the same to be read by people at /docs."""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from service.web.docs_page import STYLE, docs_page

# The page is text and its own style sheet; nothing else is loaded, nothing is run, and nobody may frame it.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_docs_routes(app: FastAPI, document: Mapping[str, Any]) -> None:
    """Add /openapi.json and /docs, both written once, at the start."""
    as_json = json.dumps(document, ensure_ascii=False).encode()
    as_page = docs_page(document).encode()

    async def read_document(_: Request) -> Response:
        return Response(as_json, media_type="application/json")

    async def read_page(_: Request) -> Response:
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
        return Response(as_page, media_type="text/html", headers=headers)

    app.add_route("/openapi.json", read_document, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route("/docs", read_page, methods=["GET", "HEAD"], include_in_schema=False)
