"""The addresses of the specification for FastAPI: `GET /cds-services`, `POST /cds-services/{id}` and its `/feedback`.

The only file here that knows the framework. Reads raw bodies: models of the framework would cost ten times the evaluation and
answer a wrong request with its own content.
Source: CDS Hooks, https://cds-hooks.hl7.org/2.0/; the addresses are fixed there and so are constants here.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.client_auth import ClientAuthentication, TrustedClient
from cds_hooks.discovery import CDSService, by_address, discovery_document
from cds_hooks.errors import CDSHooksError, MalformedRequest, MethodNotAllowed, NotEntitled, UnknownService, UnsupportedMedia
from cds_hooks.feedback import MOST_BYTES, FeedbackStore, read_feedback
from cds_hooks.refused_calls import RefusedCalls, refused_call
from cds_hooks.request import read_request
from cds_hooks.response import to_wire
from cds_hooks.transport import MEDIA_TYPES, Limits, add_safe_headers, allow_origins, answer_errors, pass_over_body, receive_body

Endpoint = Callable[[Request, TrustedClient | None], Awaitable[Response]]

# Where in the scope of a request our name for its client stands, once it has been told.
CLIENT = "cds_hooks.client"


def cds_hooks_router(
    services: Iterable[CDSService],
    *,
    limits: Limits,
    feedback: FeedbackStore | None = None,
    clients: ClientAuthentication | None = None,
    refused: RefusedCalls | None = None,
) -> APIRouter:
    """The addresses of these services, for `app.include_router`; the application has to be prepared by `install`.

    Without a store for `feedback` there is no address for it: what nobody keeps is not taken. Without `clients` everybody is answered.
    `refused` is told of every call that gets an error for an answer.
    Raises InvalidService when two services claim the same id and hook.
    """
    hosted = tuple(services)
    door = _Door(clients, limits, refused)
    router = APIRouter(redirect_slashes=False)
    door.add(router, "/cds-services", ("GET", "HEAD"), _discovery(hosted))
    # One address per id, not a pattern: what is not hosted is not there, whatever the method.
    for id_, by_hook in by_address(hosted).items():
        door.add(router, f"/cds-services/{id_}", ("POST",), _service(id_, by_hook, limits))
        if feedback is not None:
            door.add(router, f"/cds-services/{id_}/feedback", ("POST",), _feedback(id_, feedback, limits))
    if clients is not None:
        # Who is not known does not learn which ids there are.
        door.add(router, "/cds-services/{anything:path}", (), _nothing)
    return router


def install(app: FastAPI, *, origins: Iterable[str] = ()) -> None:
    """Prepare an application for `cds_hooks_router`: errors as OperationOutcome, safe headers, CORS for exact `origins`.

    Holds for everything that the application hosts. Raises ValueError for an origin that is none.
    """
    # A redirect would name the Host that the client claims, and a POST would follow it without its body.
    app.router.redirect_slashes = False
    app.add_exception_handler(404, _unknown_address)
    app.add_exception_handler(405, _wrong_method)
    # The framework's own answer repeats the input, which may be a patient's, and fails on some inputs.
    app.add_exception_handler(RequestValidationError, _wrong_parameters)
    # Added last is outermost: a page of an allowed origin can read an error, and an error has the safe headers.
    app.add_middleware(answer_errors)
    app.add_middleware(add_safe_headers)
    pages = tuple(origins)
    # Here and now: the framework makes its layers at the first request, when it is too late to say what is wrong.
    allow_origins(app, pages)
    app.add_middleware(allow_origins, origins=pages)


class _Door:
    """What every address has in common: who calls is asked before anything else, then whether the address has that method."""

    def __init__(self, clients: ClientAuthentication | None, limits: Limits, refused: RefusedCalls | None) -> None:
        self._clients = clients
        self._limits = limits
        self._refused = refused

    def add(self, router: APIRouter, path: str, methods: tuple[str, ...], endpoint: Endpoint) -> None:
        """Bind an address to what answers there."""
        known = sorted((*methods, "OPTIONS"))

        async def serve(request: Request, client: TrustedClient | None) -> Response:
            if methods and request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": ", ".join(known)})
            if methods and request.method not in methods:
                raise MethodNotAllowed(known)
            return await endpoint(request, client)

        async def answer(request: Request) -> Response:
            client = None
            try:
                client = await self._admitted(request, path if methods else request.scope["path"])
                if client is not None:
                    request.scope[CLIENT] = client.name
                return await serve(request, client)
            except Exception as error:
                if self._refused is not None:
                    await self._refused.keep(refused_call(error, request.method, path, client.name if client else ""))
                raise

        # Bound to every method: the framework would refuse one that is not on its list before anybody is asked or told.
        router.add_route(path, answer, methods=(), include_in_schema=False)

    async def _admitted(self, request: Request, path: str) -> TrustedClient | None:
        """The client that calls; None where everybody is answered. Raises NotAuthenticated."""
        if self._clients is None:
            return None
        try:
            return await self._clients.authenticate(request.headers.getlist("authorization"), path)
        except CDSHooksError:
            await pass_over_body(request.scope, request.receive, self._limits)
            raise


def _may_call(client: TrustedClient | None, service: str) -> bool:
    return client is None or service in client.services


def _discovery(services: tuple[CDSService, ...]) -> Endpoint:
    @cache
    def document(ids: frozenset[str]) -> bytes:
        listed = discovery_document(service for service in services if service.id in ids)
        return json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()

    every = frozenset(service.id for service in services)

    async def discover(_: Request, client: TrustedClient | None) -> Response:
        body = document(every if client is None else every & client.services)
        # The same each time, and no secret; a cache may keep it if it asks before each use. What is for one client is for no cache.
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store" if client else "no-cache"})

    return discover


def _service(id_: str, by_hook: Mapping[str, CDSService], limits: Limits) -> Endpoint:
    async def answer(request: Request, client: TrustedClient | None) -> Response:
        _check_media(request.headers)
        body = await receive_body(request.scope, request.receive, limits)
        if not _may_call(client, id_):
            raise NotEntitled
        question = read_request(body, hooks=by_hook, client=client.name if client else "")
        response = await by_hook[question.hook].answer(question)
        return Response(to_wire(response), media_type="application/json")

    return answer


def _feedback(service: str, store: FeedbackStore, limits: Limits) -> Endpoint:
    smaller = replace(limits, body_bytes=min(limits.body_bytes, MOST_BYTES))

    async def keep(request: Request, client: TrustedClient | None) -> Response:
        _check_media(request.headers)
        body = await receive_body(request.scope, request.receive, smaller)
        if not _may_call(client, service):
            raise NotEntitled
        await store.keep(service, read_feedback(body), client=client.name if client else "")
        return Response(b"{}", media_type="application/json")

    return keep


async def _nothing(request: Request, client: TrustedClient | None) -> Response:
    raise UnknownService


def _check_media(headers: Headers) -> None:
    """Refuse what is not plain JSON in UTF-8. A text/plain body would reach us from any web page without a preflight."""
    if len(headers.getlist("content-type")) > 1:
        raise UnsupportedMedia("Send one Content-Type, application/json.", headers={"Accept": "application/json"})
    media_type, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    charsets = {value.strip('"') for name, _, value in (part.partition("=") for part in parameters) if name == "charset"}
    if media_type not in MEDIA_TYPES or not charsets <= {"utf-8", "utf8"}:
        raise UnsupportedMedia("Send the body as application/json, in UTF-8.", headers={"Accept": "application/json"})
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMedia("Send the body without Content-Encoding.", headers={"Accept-Encoding": "identity"})


async def _unknown_address(_: Request, error: Exception) -> Response:
    raise UnknownService from error


async def _wrong_method(_: Request, error: Exception) -> Response:
    allow = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
    raise MethodNotAllowed(sorted(allow.split(", "))) from error


async def _wrong_parameters(_: Request, error: Exception) -> Response:
    raise MalformedRequest("The parameters of the address are not the ones it takes.") from error
