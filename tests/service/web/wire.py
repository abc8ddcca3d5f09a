"""A request with exactly this path on the wire, and what comes back."""

import json
from typing import Any
from urllib.parse import unquote

from tests.doors import application


class Answer:
    """What came back: status, headers by lower-case name, body."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 0, dict[str, str](), b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def asked(path: str, method: str = "GET", app: Any = None, **headers: str) -> Answer:
    """One request with exactly this path on the wire: no client tidies it up before it is sent."""
    answer = Answer()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    target, _, query = path.partition("?")
    given = {"host": "127.0.0.1:8000", **headers}
    sent = [*((name.replace("_", "-").encode(), value.encode()) for name, value in given.items())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(target),
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": sent,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    await (app or application())(scope, receive, send)
    return answer
