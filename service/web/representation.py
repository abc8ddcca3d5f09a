"""Which of its representations an address answers with, and an answer that a client need not be sent twice."""

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response


class Tagged(NamedTuple):
    """What an address answers with, and its fingerprint."""

    content: bytes
    tag: str


def tagged(content: bytes) -> Tagged:
    """The content with its fingerprint."""
    return Tagged(content, f'"{sha256(content).hexdigest()[:32]}"')


def answered(request: Request, page: Tagged, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """The content with its fingerprint; 304 without it for a client that has it already."""
    given = {"Cache-Control": "no-cache", **(headers or {}), "ETag": page.tag}
    known = request.headers.get("if-none-match", "")
    if page.tag in known or known.strip() == "*":
        return Response(status_code=304, headers=given)
    return Response(page.content, media_type=media_type, headers=given)


def wants_html(request: Request) -> bool:
    """Whether a page for people is asked for rather than JSON: by ?format=, else by Accept, where only a browser prefers HTML.

    Source: RFC 9110, section 12.5.1.
    """
    chosen = request.query_params.get("format")
    if chosen in ("html", "json"):
        return chosen == "html"
    accepted = request.headers.get("accept", "")
    return _quality(accepted, "text/html") > _quality(accepted, "application/json")


def _quality(accepted: str, media_type: str) -> float:
    """How welcome a media type is, from 0 to 1: what the most specific range that covers it says."""
    best, quality = 0, 0.0
    covers = {media_type: 3, f"{media_type.split('/')[0]}/*": 2, "*/*": 1}
    for one in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        rank = covers.get(name, 0)
        if rank > best:
            best, quality = rank, _weight(parameters)
    return quality


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
