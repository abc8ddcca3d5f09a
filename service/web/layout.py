"""The ground that all pages stand on: their frame, their style sheet, their scripts, and the policy under which a browser shows them.

A page is text and drawings of our own. Nothing is loaded from elsewhere, no script stands in a page, and what a chart says is escaped by
the templates, which escape everything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.errors import UnknownService
from service.web.doors import Door

_HERE = Path(__file__).parent
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True)
class Layout:
    """How a page of this service is shown.

    base     the address under which browsers see the service; a proxy may have put a path before ours
    version  the version of the knowledge, in the foot of every page
    doors    the pages that are served here, in the order of the links
    frames   origins, such as those of EHRs, that may show the pages inside their own
    """

    base: str
    version: str
    doors: tuple[Door, ...] = ()
    frames: tuple[str, ...] = ()
    _templates: Environment = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        templates.globals.update(root=self.root, doors=self.doors, knowledge_version=self.version, static=self.static)
        object.__setattr__(self, "_templates", templates)

    @property
    def root(self) -> str:
        """What stands before every path of ours in a link: nothing, or the path that a proxy has put there."""
        return urlsplit(self.base).path.rstrip("/")

    def static(self, name: str) -> str:
        """The address of a style sheet or script in static/, which changes with what is in it."""
        return f"{self.root}/static/{name}?{_TAGS[name]}"

    def page(self, template: str, *, at: str, status: int = 200, headers: Mapping[str, str] | None = None, **content: object) -> Response:
        """A page made of a template in templates/, which nobody keeps.

        at       the path of the door under which it stands, marked in the list of links; "" for none
        content  what the template shows
        """
        text = self._templates.get_template(template).render(at=at, **content)
        return Response(text, status_code=status, media_type="text/html", headers={**self.page_headers(), **(headers or {})})

    def page_headers(self) -> dict[str, str]:
        """What goes with every page: its policy, that nobody is told where a link was, and that nobody keeps it."""
        return {"Content-Security-Policy": self._policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}

    @property
    def _policy(self) -> str:
        frames = " ".join(("'self'", *self.frames))
        return (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
            f"base-uri 'none'; frame-ancestors {frames}"
        )


def add_static_routes(app: FastAPI, layout: Layout) -> None:
    """Add /static/{name}: the style sheets and scripts of the pages, which are read once; and /pages, which lists the pages of `layout`."""

    async def list_pages(_: Request) -> Response:
        return layout.page("pages.html", at="")

    async def read(request: Request) -> Response:
        found = _FILES.get(request.path_params["name"])
        if found is None:
            raise UnknownService("/static has the style sheets and scripts of the pages.")
        # One module of a script asks for another by its name alone, and has to get that of this version.
        is_tagged = request.url.query == _TAGS[request.path_params["name"]]
        headers = _FOR_GOOD if is_tagged else {"Cache-Control": "no-cache"}
        return Response(found, media_type=_KINDS[Path(request.path_params["name"]).suffix], headers=headers)

    app.add_route("/pages", list_pages, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route("/static/{name}", read, methods=["GET", "HEAD"], include_in_schema=False)


def _read(folder: Path) -> Iterable[tuple[str, bytes]]:
    return ((file.name, file.read_bytes()) for file in sorted(folder.iterdir()) if file.suffix in _KINDS)


_FILES = dict(_read(_HERE / "static"))
_TAGS = {name: sha256(content).hexdigest()[:16] for name, content in _FILES.items()}
