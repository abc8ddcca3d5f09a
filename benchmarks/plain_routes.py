"""The routes that ours is held against: one that only reads the body, one with a pydantic model of it. Served like ours."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request


class Context(BaseModel):
    """The context of patient-view."""

    userId: str  # noqa: N815 - names of the wire
    patientId: str  # noqa: N815
    encounterId: str | None = None  # noqa: N815


class HookBody(BaseModel):
    """A hook request as most services declare one."""

    hook: str
    hookInstance: str  # noqa: N815
    context: Context
    prefetch: dict[str, Any] = {}
    fhirServer: str | None = None  # noqa: N815


app = FastAPI()


@app.post("/bare")
async def bare(request: Request) -> dict[str, list[str]]:
    """Read, and say nothing."""
    await request.body()
    return {"cards": []}


@app.post("/model")
async def model(body: HookBody) -> dict[str, list[str]]:
    """Validate, and say nothing."""
    return {"cards": []}
