"""The least that announces a station, `ocpp` and `websockets` alone: `python -m benchmarks.bare_client URL`."""

import asyncio
import sys

import websockets
from ocpp.v201 import ChargePoint, call
from ocpp.v201.datatypes import ChargingStationType
from ocpp.v201.enums import BootReasonEnumType


async def run(url: str) -> None:
    """Connect, send a BootNotification, take its answer, leave."""
    async with websockets.connect(url, subprotocols=[websockets.Subprotocol("ocpp2.0.1")]) as connection:
        station = ChargePoint("BARE-1", connection)  # type: ignore[no-untyped-call]
        listening = asyncio.create_task(station.start())  # type: ignore[no-untyped-call]
        await station.call(  # type: ignore[no-untyped-call]
            call.BootNotification(
                charging_station=ChargingStationType(vendor_name="Bare", model="Bare"),
                reason=BootReasonEnumType.power_up,
            )
        )
        listening.cancel()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
