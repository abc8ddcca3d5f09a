"""A FHIR server that has nothing but pages: `python -m benchmarks.fhir_pages` prints its port and answers until it is ended.

In a process of its own, so that its work is not counted as that of whoever asks. Each search has PAGES pages of the same Observations,
which look like those of the other benchmarks.
"""

import asyncio
import json
import re

from benchmarks.bare_calls import PAGES
from benchmarks.payload import payload

RESOURCES = 50


def page(number: int, search: str) -> bytes:
    """The response with one page of a search, and a link to the next unless it is the last."""
    prefetch = json.loads(payload("M", "card").body)["prefetch"]
    entries = (prefetch["labs"]["entry"] * RESOURCES)[:RESOURCES]
    # A resource that stands on two pages counts once.
    entries = [{**entry, "resource": {**entry["resource"], "id": f"{number}-{place}"}} for place, entry in enumerate(entries)]
    following = [{"relation": "next", "url": f"Observation?code={search}&page={number + 1}"}] if number < PAGES else []
    links = [{"relation": "self", "url": "Observation"}, *following]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": PAGES * RESOURCES, "link": links, "entry": entries}
    body = json.dumps(bundle).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve() -> None:
    """Nothing; answers for ever."""
    made: dict[tuple[int, str], bytes] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                line = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
                search, number = re.findall(r"code=(\w+)", line)[0], int((re.findall(r"page=(\d)", line) or ["1"])[0])
                if (number, search) not in made:
                    made[number, search] = page(number, search)
                writer.write(made[number, search])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
