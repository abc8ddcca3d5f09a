"""The bare calls of target 8: a program with a pooled httpx client and nothing of ours. `python -m benchmarks.bare_calls BASE [spared]`.

"spared": httpcore's search for a module that is not installed is spared these calls too, as ours are (cds_hooks/egress/exchange.py).

For each line on its input it makes the calls of a round, and prints the seconds of processor time that one completion's worth of them took.
"""

import asyncio
import sys
import time

import httpx

SEARCHES = 6
PAGES = 4
CALLS_IN_A_ROUND = 10


async def serve(base: str) -> None:
    """Nothing; ends with its input."""

    async def one_search(client: httpx.AsyncClient, number: int) -> None:
        for page in range(1, PAGES + 1):
            url = f"{base}/Observation?patient=p-1&code=c{number}&page={page}"
            (await client.get(url, headers={"Authorization": "Bearer token"})).raise_for_status()

    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in sys.stdin:
            began = time.process_time()
            for _ in range(CALLS_IN_A_ROUND):
                await asyncio.gather(*(one_search(client, number) for number in range(SEARCHES)))
            print((time.process_time() - began) / CALLS_IN_A_ROUND, flush=True)


if __name__ == "__main__":
    if sys.argv[2:] == ["spared"]:
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    asyncio.run(serve(sys.argv[1]))
