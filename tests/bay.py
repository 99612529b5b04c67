"""A parking bay for tests: one EVSE on fake devices with a real journal, and the driver who uses it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from station.clock import SystemClock
from station.core import events as on
from station.core.policy import Policy
from station.core.records import SignedRecord
from station.core.reports import Alert, TransactionReport
from station.core.tokens import IdToken
from station.evse import Evse, Surroundings
from station.hardware.ports import PilotLetter
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.meters import Meters
from station.storage.receipts import Receipts
from tests.fakes import FakeController, FakeMeter, alerts_in, reports_in
from tests.fakes_clock import FakeClock

ANNA = IdToken("04A1B2C3", "ISO14443")


class Bay:
    """Use as `async with bay.open():`; what happens in between survives in `database` and in the devices."""

    def __init__(self, folder: Path, *, meter_key: bytes | None = None, **policy: Any) -> None:
        self.database = Database.open(folder, SystemClock())
        self.meter, self.controller = FakeMeter(), FakeController()
        self.policy = Policy(**policy)
        self.online = True
        self._meter_key = meter_key
        self.mail, self.news = asyncio.Event(), asyncio.Event()
        self.evse = self._build()
        self.failure: BaseException | None = None

    def _build(self) -> Evse:
        clock = FakeClock()
        self.meter.now = clock.now
        around = Surroundings(
            Journal(self.database),
            Meters(self.database),
            now=clock.now,
            online=lambda: self.online,
            mail=self.mail,
            news=self.news,
        )
        return Evse(
            1,
            meter=self.meter,
            controller=self.controller,
            policy=lambda: self.policy,
            around=around,
            meter_key=self._meter_key,
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run a new EVSE until the end of the block; what it crashed with is in `failure`."""
        self.evse = self._build()
        async with self.serve():
            yield

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Run the EVSE that is there."""
        self.failure = None
        task = asyncio.create_task(self.evse.run(), name="evse-1")
        try:
            yield
        finally:
            task.cancel()
            [self.failure] = await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition: Callable[[], object], *, within_s: float = 60.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.2)

    # The driver

    def plug(self, letter: str = "B") -> None:
        self.controller.hardware.letter = PilotLetter(letter)

    def card(self, token: IdToken = ANNA) -> None:
        self.evse.post(on.Authorized(token))

    def stop(self, cause: on.StopCause = on.StopCause.CARD) -> None:
        self.evse.post(on.StopRequested(cause))

    async def awake(self) -> None:
        await self.until(lambda: self.evse.session.awake)

    async def charging(self) -> None:
        await self.awake()
        self.plug()
        await self.until(lambda: self.evse.session.plugged)
        self.card()
        await self.until(lambda: self.controller.hardware.offered_amps)
        self.plug("C")
        await self.until(lambda: self.told("Updated"))

    def change(self, **policy: Any) -> None:
        self.policy = replace(self.policy, **policy)

    # What others see

    @property
    def safe(self) -> bool:
        return not self.meter.hardware.output_on and self.controller.hardware.offered_amps == 0

    @property
    def reports(self) -> list[TransactionReport]:
        return reports_in(self.database)

    @property
    def alerts(self) -> list[tuple[str, bool]]:
        return [(alert.tech_code, alert.active) for alert in self.all_alerts]

    @property
    def all_alerts(self) -> list[Alert]:
        return alerts_in(self.database)

    @property
    def records(self) -> list[SignedRecord]:
        return [record for receipt in Receipts(self.database).list() for record in receipt.records]

    def told(self, event: str) -> TransactionReport | None:
        """Return the newest report of this kind."""
        return next((report for report in reversed(self.reports) if report.event == event), None)
