"""Clients on kept connections that ask again as soon as they are answered.

``python serving_load.py PORT CLIENTS SECONDS``, the bytes of the request on standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any


class Client(asyncio.Protocol):
    """One connection; ``times`` grows by the seconds of each answer."""

    def __init__(self, request: bytes, times: list[float], done: asyncio.Future[None]) -> None:
        self.request, self.times, self.done = request, times, done
        self.heard = b""
        self.ending = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.start = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, end, body = self.heard.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not end or len(body) < int(length):
            return
        self.times.append(time.perf_counter() - self.start)
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self.heard.decode(errors="replace")))
        self.heard = b""
        if self.ending:
            self.transport.close()
        else:
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run(request: bytes, port: int, clients: int, seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    times: list[float] = []
    made: list[Client] = []
    start = time.perf_counter()
    for _ in range(clients):
        _, client = await loop.create_connection(
            lambda: Client(request, times, loop.create_future()), "127.0.0.1", port
        )
        made.append(client)
    await asyncio.sleep(seconds)
    spent, count = time.perf_counter() - start, len(times)
    for client in made:
        client.ending = True
    await asyncio.gather(*(client.done for client in made))
    times.sort()
    return {
        "count": count,
        "rate": count / spent,
        "p50": 1e3 * times[len(times) // 2],
        "p99": 1e3 * times[int(len(times) * 0.99)],
    }


if __name__ == "__main__":
    try:
        import uvloop
    except ImportError:
        runner = asyncio.run
    else:
        runner = uvloop.run
    port, clients, seconds = sys.argv[1:]
    found = runner(run(sys.stdin.buffer.read(), int(port), int(clients), float(seconds)))
    print(json.dumps(found))
