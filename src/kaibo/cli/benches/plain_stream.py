"""
The baseline of `bench stream`: server-sent events on uvicorn as one writes them at first – a queue for each viewer,
each event encoded and sent for each viewer, no tick. `POST /publish` takes events as JSON lines and gives them to all.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvicorn

_STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
_viewers: set[asyncio.Queue[dict[str, Any]]] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """This function will stream to a viewer, or publish what is posted."""
    if scope["method"] == "POST":
        await _publish(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
    await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    _viewers.add(events)
    gone = asyncio.create_task(_wait_until_gone(receive))
    try:
        while not gone.done():
            getting = asyncio.create_task(events.get())
            await asyncio.wait({getting, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                getting.cancel()
                return
            event = getting.result()
            frame = f"id: {event['seq']}\nevent: notice\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()
            await send({"type": "http.response.body", "body": frame, "more_body": True})
    finally:
        gone.cancel()
        _viewers.discard(events)


async def _wait_until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _publish(receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    for line in body.splitlines():
        for events in _viewers:
            events.put_nowait(json.loads(line))
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(
        application, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", lifespan="off",
        access_log=False, log_level="critical", server_header=False, backlog=4096,
    )  # fmt: skip
