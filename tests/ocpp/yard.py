"""EVSEs on fake devices that share a database, and the drivers who use them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from station.clock import SystemClock
from station.core.availability import out_of_service
from station.core.events import Authorized
from station.core.policy import Policy
from station.core.tokens import IdToken
from station.evse import Evse, Surroundings
from station.hardware.ports import PilotLetter
from station.ocpp.blocks.transactions import Ears, Transactions
from station.storage.availability import OutOfService
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.meters import Meters
from tests.fakes import FakeController, FakeMeter
from tests.fakes_clock import FakeClock

ANNA = IdToken("04A1B2C3", "ISO14443")
BERT = IdToken("04D4E5F6", "ISO14443")


def transactions_of(evses: Mapping[int, Evse], **heard: Any) -> Transactions:
    """Transactions of which nobody hears what the CSMS answers, but for what is given."""
    deaf = {
        "learn": lambda token, info: None,
        "delivered": lambda ocmf: None,
        "told_plain": lambda transaction_id, sample: None,
        "told": lambda transaction_id, info: None,
        "costs": lambda transaction_id, total_cost, message: None,
    }
    return Transactions(evses, Ears(**(deaf | heard)), token_of=lambda transaction_id: None)


class Yard:
    """Use as `async with yard.open():`; `evses` is what blocks are given."""

    def __init__(self, folder: Path, *, evses: int = 1, **policy: Any) -> None:
        self.database = Database.open(folder, SystemClock())
        self.clock = FakeClock()
        self.online = True
        self.mail, self.news = asyncio.Event(), asyncio.Event()
        self.policy = Policy(**policy)
        ids = range(1, evses + 1)
        self.meters = {evse_id: FakeMeter() for evse_id in ids}
        for meter in self.meters.values():
            meter.now = self.clock.now
        self.controllers = {evse_id: FakeController() for evse_id in ids}
        around = Surroundings(
            Journal(self.database),
            Meters(self.database),
            now=self.clock.now,
            online=lambda: self.online,
            mail=self.mail,
            news=self.news,
            inoperative=lambda evse_id: out_of_service(OutOfService(self.database).all(), evse_id),
        )
        self.evses = {
            evse_id: Evse(
                evse_id,
                meter=self.meters[evse_id],
                controller=self.controllers[evse_id],
                policy=lambda: self.policy,
                around=around,
            )
            for evse_id in ids
        }

    @contextlib.asynccontextmanager
    async def open(self, *, awake: bool = True) -> AsyncIterator[None]:
        """Run the EVSEs until the end of the block."""
        tasks = [asyncio.create_task(evse.run(), name=f"evse-{evse.evse_id}") for evse in self.evses.values()]
        try:
            if awake:
                await self.until(lambda: all(evse.session.awake for evse in self.evses.values()))
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.database.close()

    async def until(self, condition: Callable[[], object], *, within_s: float = 120.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.1)

    async def plug(self, evse_id: int = 1) -> None:
        self.controllers[evse_id].hardware.letter = PilotLetter.C
        await self.until(lambda: self.evses[evse_id].session.plugged)

    async def unplug(self, evse_id: int = 1) -> None:
        self.controllers[evse_id].hardware.letter = PilotLetter.A
        await self.until(lambda: not self.evses[evse_id].session.plugged)

    async def charge(self, evse_id: int = 1, *, token: IdToken = ANNA, group: IdToken | None = None) -> str:
        """Let energy flow for a driver; return the transaction's id."""
        await self.plug(evse_id)
        self.evses[evse_id].post(Authorized(token, group=group))
        await self.until(lambda: self.controllers[evse_id].hardware.offered_amps)
        transaction = self.evses[evse_id].session.transaction
        assert transaction is not None
        return transaction.id

    def charging(self, evse_id: int = 1) -> bool:
        """Energy may flow, and nobody is about to end it."""
        transaction = self.evses[evse_id].session.transaction
        return transaction is not None and transaction.stop is None
