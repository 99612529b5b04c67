"""A CSMS that costs as little as possible: `python -m benchmarks.csms [--tell]`.

It accepts every station and token and answers everything else at once with {}. The first line on stdout is its port.
With --tell it writes a line for each message: when it came (the monotonic clock, which all processes share), its
action, the type of the event or the status of the connector, and the trigger of the event.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol


def answer(action: str) -> dict[str, Any]:
    """Return the payload of the CALLRESULT to an action."""
    match action:
        case "BootNotification":
            return {"currentTime": _now(), "interval": 300, "status": "Accepted"}
        case "Heartbeat":
            return {"currentTime": _now()}
        case "Authorize":
            return {"idTokenInfo": {"status": "Accepted"}}
    return {}


async def run(*, tell: bool) -> None:
    """Serve until the process is ended."""

    async def take(connection: ServerConnection) -> None:
        async for frame in connection:
            came_at = time.monotonic()
            _call, message_id, action, payload = json.loads(frame)
            await connection.send(json.dumps([3, message_id, answer(action)]))
            if tell:
                what = payload.get("eventType") or payload.get("connectorStatus") or ""
                print(json.dumps([came_at, action, what, payload.get("triggerReason", "")]), flush=True)

    async with serve(take, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp2.0.1")]) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    asyncio.run(run(tell="--tell" in sys.argv))
