"""What a browser posts: the fields of a form, whichever way it sends them, and whether a page of our own sent it.

Source: RFC 7578 (multipart/form-data); https://fetch.spec.whatwg.org/#origin-header; https://www.w3.org/TR/fetch-metadata/.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.requests import Request

from cds_hooks.errors import MalformedRequest, NotEntitled, UnsupportedMedia
from service.fhir.chart import is_crumbs

_MOST_FIELDS = 20
_STRETCH = 65_536
_NAMED = re.compile(rb'(?:^|[;\s])name="([^"\r\n]*)"', re.IGNORECASE)
_FILE = re.compile(rb'filename="([^"\r\n]*)"', re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="?([^";]{1,70})"?')


class UnreadableForm(MalformedRequest):
    """What was posted is no form that can be read."""

    text = "The form cannot be read."


class Foreign(NotEntitled):
    """A page of somebody else's posted it."""

    text = "A page of another origin may not post here."


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in: the fields as bytes, and of a field that is a file its name."""

    fields: dict[str, bytes] = field(repr=False)
    files: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field as text; what is no UTF-8 in it is marked."""
        return self.fields.get(name, b"").decode("utf-8", "replace")


def is_ours(request: Request, base: str) -> bool:
    """Whether a page of ours posts this, or a program that is no browser: a browser says where its page is from."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return True
    try:
        parts, ours = urlsplit(origin), urlsplit(base)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc) or (
        bool(parts.netloc) and parts.netloc == request.headers.get("host")
    )


def read_form(content_type: str, body: bytes) -> Form:
    """The fields of a body. Raises UnsupportedMedia and UnreadableForm."""
    media_type = content_type.split(";")[0].strip().lower()
    if media_type == "application/json":
        return Form(_of_json(body))
    if media_type == "application/x-www-form-urlencoded":
        return Form(_of_pairs(body))
    if media_type == "multipart/form-data" and (boundary := _BOUNDARY.search(content_type)):
        return _of_parts(body, boundary[1].encode())
    raise UnsupportedMedia("Send a form, or JSON as application/json.")


def _of_pairs(body: bytes) -> dict[str, bytes]:
    if body.count(b"&") >= _MOST_FIELDS:
        raise UnreadableForm(f"A form has at most {_MOST_FIELDS} fields.")
    pairs = (pair.partition(b"=") for pair in body.split(b"&") if pair)
    return {_unquoted(name).decode("latin-1"): _unquoted(value) for name, _, value in pairs}


def _unquoted(text: bytes) -> bytes:
    """Without escapes. A stretch at a time: there may be millions, and each becomes an object until they are joined."""
    found, begin = bytearray(), 0
    while begin < len(text):
        end = begin + _STRETCH
        # No escape is cut in two.
        end -= next((back for back in (1, 2) if text[end - back : end - back + 1] == b"%"), 0) if end < len(text) else 0
        found += unquote_to_bytes(text[begin:end].replace(b"+", b" "))
        begin = end
    return bytes(found)


def _of_json(body: bytes) -> dict[str, bytes]:
    if is_crumbs(body):
        raise UnreadableForm("The body must be a JSON object of texts, and has more parts than one can have.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableForm("The body must be a JSON object of texts.") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()) or len(found) > _MOST_FIELDS:
        raise UnreadableForm("The body must be a JSON object of texts.")
    return {name: value.encode("utf-8", "surrogatepass") for name, value in found.items()}


def _of_parts(body: bytes, boundary: bytes) -> Form:
    fields: dict[str, bytes] = {}
    files: dict[str, str] = {}
    for name, file, content in _parts(body, boundary):
        fields[name] = content
        if file is not None:
            files[name] = file.decode("utf-8", "replace")
    return Form(fields, files)


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes | None, bytes]]:
    """The parts of a multipart body: (name, name of the file, content)."""
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MOST_FIELDS + 2)
    if len(parts) > _MOST_FIELDS + 2 or len(parts) < 3 or not parts[-1].startswith(b"--"):
        raise UnreadableForm(f"The form must be whole, with at most {_MOST_FIELDS} fields.")
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if named := _NAMED.search(head):
            file = _FILE.search(head)
            yield named[1].decode("utf-8", "replace"), file[1] if file else None, content
