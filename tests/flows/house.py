"""A whole station in one loop: the real app, a bench behind ptys, a mock CSMS behind a websocket."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ocpp.v201.enums import BootReasonEnumType

from simulators.bench.bench import Bench
from simulators.bench.settings import MeterSettings, plain
from simulators.bench.settings import Settings as BenchSettings
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from simulators.mock_csms.station import Station as Seen
from simulators.mock_csms.transactions import Transaction
from station.app import Outcome, Station
from station.clock import SystemClock
from station.settings import Settings, load
from station.storage.database import Database
from station.storage.meters import Meters
from station.storage.receipts import Receipt, Receipts, RejectedRecord

IDENTITY = "STATION-1"
PASSWORD = "a-password-for-tests"
CARD = "04A2B3C4D5E680"
OTHER_CARD = "04FFFFFFFFFFFF"

SETTINGS = """
[station]
identity = "{identity}"
vendor_name = "Tests"
model = "House"
state_dir = "state"
{station}
[csms]
url = "{url}"
password = "{password}"
[[line]]
name = "meter"
port = "{folder}/meter1"
parity = "none"
[[line]]
name = "controller"
port = "{folder}/controller1"
parity = "none"
[[evse]]
id = 1
evse_id = "DE*ABC*E1"
max_current_a = 16
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "meter"
{meter}
[evse.controller]
type = "phoenix-ev-cc"
line = "controller"
[[reader]]
name = "front"
type = "serial-line"
port = "{folder}/reader1"
evses = [1]
[variables]
{variables}
"""


class House:
    """`async with House(folder) as house:` is up when the CSMS has been told that the connector is Available."""

    def __init__(
        self,
        folder: Path,
        *,
        variables: str = "",
        station: str = "",
        meter: str = "",
        settings: str = SETTINGS,
        csms: CsmsSettings | None = None,
        bench: BenchSettings | None = None,
        wait: bool = True,
    ) -> None:
        self.folder = folder
        self.bench = Bench(bench or meter_settings(folder))
        self.csms = MockCsms(csms or CsmsSettings(password=PASSWORD, messages_kept=20_000))
        self._settings = settings
        self._keys = {"variables": variables, "station": station, "meter": meter}
        """More lines for sections of the settings, [evse.meter] among them."""
        self._wait = wait
        self._running: asyncio.Task[Outcome] | None = None
        self._database: Database | None = None
        self.station: Station | None = None

    async def __aenter__(self) -> Self:
        await self.bench.__aenter__()
        await self.csms.__aenter__()
        await self.start(wait=self._wait)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        await self.csms.__aexit__(kind, error, trace)
        await self.bench.__aexit__(kind, error, trace)

    async def start(self, *, reason: BootReasonEnumType = BootReasonEnumType.power_up, wait: bool = True) -> None:
        """Start the daemon, as `station run` does."""
        file = self.folder / "station.toml"
        file.write_text(
            self._settings.format(
                identity=IDENTITY,
                url=self.csms.url,
                password=PASSWORD,
                folder=self.folder,
                **self._keys,
            )
        )
        settings = load(file)
        self._database = Database.open(settings.station.state_dir, SystemClock())
        self.station = self._made(settings, self._database, reason)
        self._running = asyncio.create_task(self.station.run(), name="station")
        if wait:
            await self.status("Available")

    def _made(self, settings: Settings, database: Database, reason: BootReasonEnumType) -> Station:
        return Station(settings, database, boot_reason=reason)

    async def stop(self) -> Outcome:
        """Stop the daemon in good order."""
        assert self.station is not None
        self.station.stop()
        return await self.ended()

    async def ended(self) -> Outcome:
        """Return how the daemon ended by itself."""
        assert self._running is not None
        try:
            return await self._running
        finally:
            self._forget()

    async def kill(self) -> None:
        """End the daemon without any order; what it had not committed is gone."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._forget()

    def _forget(self) -> None:
        self._running = None
        assert self._database is not None
        self._database.close()

    # The driver

    def plug(self) -> None:
        self.bench.evse(1).plug()

    def unplug(self) -> None:
        self.bench.evse(1).unplug()

    def swipe(self, card: str = CARD) -> None:
        self.bench.reader(1).swipe(card)

    async def charge(self, card: str = CARD) -> str:
        """Plug, swipe and wait until energy flows; return the transaction id."""
        known = set(self.csms.transactions)
        vehicle = self.bench.evse(1).vehicle
        if not vehicle.at_vehicle:
            await until(lambda: not vehicle.at_station, "an empty socket")
            self.plug()
        self.swipe(card)
        await self.power()
        event = await self.event(lambda e: e["transactionInfo"]["transactionId"] not in known, state="Charging")
        return str(event["transactionInfo"]["transactionId"])

    # What can be seen from outside

    @property
    def seen(self) -> Seen:
        """The station as the CSMS sees it."""
        return self.csms.station(IDENTITY)

    @property
    def contactor_closed(self) -> bool:
        return bool(self.bench.evse(1).contactor.closed)

    def transaction(self, transaction_id: str) -> Transaction:
        return self.csms.transactions[transaction_id]

    @property
    def database(self) -> Database:
        assert self._database is not None
        return self._database

    def receipts(self) -> list[Receipt]:
        return Receipts(self.database).list()

    def rejected(self) -> tuple[RejectedRecord, ...]:
        return Receipts(self.database).rejected()

    def confirm(self, serial: str, public_key: bytes) -> None:
        """Say that this is the meter now, as an operator does while the daemon is stopped."""
        with Database.open(self.folder / "state", SystemClock()) as database:
            Meters(database).confirm(1, serial, public_key, SystemClock().now())

    def say(self, **keys: str) -> None:
        """Change what the settings say at the next start."""
        self._keys |= keys

    def fault(self, name: str, on: bool = True, *, seconds: float = 3.0) -> None:
        self.bench.evse(1).fault(name, on, seconds=seconds)

    def transactions_whole(self) -> list[bool]:
        """Say of each transaction whether the CSMS has all of it, signed."""
        return [is_whole(transaction) for transaction in self.csms.transactions.values()]

    async def event(
        self, match: Callable[[Any], bool] = lambda _event: True, *, state: str | None = None, kind: str | None = None
    ) -> Any:
        """Return the first TransactionEvent that fits, past or to come."""

        def fits(event: Any) -> bool:
            info = event["transactionInfo"]
            return (
                (state is None or info.get("chargingState") == state)
                and (kind is None or event["eventType"] == kind)
                and match(event)
            )

        return await self.seen.wait_for("TransactionEvent", fits, timeout_s=300)

    async def finished(self, transaction_id: str) -> Transaction:
        """Return the transaction once its Ended has arrived."""
        await self.event(lambda e: e["transactionInfo"]["transactionId"] == transaction_id, kind="Ended")
        return self.transaction(transaction_id)

    async def status(self, wanted: str) -> None:
        """Return when the CSMS knows the connector by this status."""
        await until(lambda: self.seen.connectors.get((1, 1)) == wanted, f"status {wanted}")

    async def power(self) -> None:
        """Return when the vehicle draws power."""
        await until(lambda: self.bench.state()["evses"][0]["power_w"] > 0, "power")

    async def call(self, action: str, **payload: Any) -> Any:
        return await self.csms.call(self.seen.id, action, payload)


async def until(look: Callable[[], bool], what: str, *, seconds: float = 300.0) -> None:
    """Return when `look` says so; time passes in steps of the loop's clock."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not look():
        if loop.time() > end:
            raise AssertionError(f"{what} did not come within {seconds} s")
        await asyncio.sleep(0.1)


def meter_settings(folder: Path, **meter: Any) -> BenchSettings:
    """Return a bench with one EVSE whose meter has these settings."""
    settings = plain(folder, energy_scale=60)
    evse = settings.evses[0]
    changed: MeterSettings = replace(evse.meter, **meter)
    return replace(settings, evses=(replace(evse, meter=changed),))


def seq_nos(transaction: Transaction) -> list[int]:
    return [event.seq_no for event in transaction.events]


def is_whole(transaction: Transaction, *, signed: Iterable[str] = ("begin", "end")) -> bool:
    """Every event once and in order, and these signed values valid."""
    values = {"begin": transaction.begin, "end": transaction.end}
    valid = {name for name, value in values.items() if value is not None and value.verdict.value == "valid"}
    return transaction.complete and not transaction.conflicts and not transaction.gaps and valid == set(signed)
