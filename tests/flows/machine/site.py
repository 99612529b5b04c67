"""Where the machine plays: a station with two outlets, a clock that can be set, wires that can be cut."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ocpp.v201.enums import BootReasonEnumType

from simulators.bench.controller_map import COILS, HOLDING
from simulators.bench.settings import Settings as BenchSettings
from simulators.bench.settings import plain
from simulators.bench.world import Evse as Outlet
from simulators.mock_csms.errors import CallFailedError, NotConnectedError
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from station.app import Station
from station.clock import TimeSource
from station.settings import Settings
from station.storage.database import Database
from tests.flows.house import PASSWORD, SETTINGS, House

SOCKET, FIXED = 1, 2
"""The outlets: into the first one drivers plug their own cable, on the second one there is a cable."""
EVSES = (SOCKET, FIXED)
ANNA, BERT, CARL, CLEO, BLOCKED, MASTER = (f"04A1B2C3D4E5{number:02}" for number in range(1, 7))
TEAM, MASTERS = "TEAM", "MASTERS"
CARDS: dict[str, Any] = {
    ANNA: "Accepted",
    BERT: "Accepted",
    CARL: {"groupIdToken": {"idToken": TEAM, "type": "Central"}},
    CLEO: {"groupIdToken": {"idToken": TEAM, "type": "Central"}},
    BLOCKED: "Blocked",
    MASTER: {"groupIdToken": {"idToken": MASTERS, "type": "Central"}},
}
"""What the CSMS says about each card at first."""
BEGINNING = datetime(2027, 2, 1, 9, 0, 0, tzinfo=UTC)
CALL_S = 10.0
PRESETS = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": 1,
    "OCPPCommCtrlr.RetryBackOffRandomRange": 0,
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": 2,
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": 2,
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": 1000,
}
"""Who comes back finds the station soon, and no message is given up."""

_OUTLET = """
[[line]]
name = "meter {id}"
port = "{{folder}}/meter{id}"
parity = "none"
[[line]]
name = "controller {id}"
port = "{{folder}}/controller{id}"
parity = "none"
[[evse]]
id = {id}
evse_id = "DE*ABC*E{id}"
max_current_a = 16
connector = "{connector}"
[evse.meter]
type = "bsm-ws36a"
line = "meter {id}"
[evse.controller]
type = "phoenix-ev-cc"
line = "controller {id}"
fixed_cable = {fixed}
[evse.bay]
type = "value-file"
path = "{{folder}}/bay{id}"
"""
_READER = """
[[reader]]
name = "front"
type = "serial-line"
port = "{folder}/reader1"
evses = [1, 2]
[variables]
"""


def layout() -> str:
    """Return the settings of the station, with what is yet to be filled in."""
    outlets = "".join(
        _OUTLET.format(id=number, connector=connector, fixed=str(number == FIXED).lower())
        for number, connector in ((SOCKET, "sType2"), (FIXED, "cType2"))
    )
    presets = "".join(f'"{name}" = {value}\n' for name, value in PRESETS.items())
    return SETTINGS[: SETTINGS.index("[[line]]")] + outlets + _READER + presets + "{variables}{meter}"


def bench_settings(folder: Path) -> BenchSettings:
    settings = plain(folder, evses=2, bays=True, time_scale=0.2, energy_scale=60)
    socket, fixed = settings.evses
    return replace(settings, evses=(socket, replace(fixed, cable="fixed")))


class HandClock:
    """The clock of the station's computer: it goes with the loop, and somebody sets it. It is taken for right."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._since_s = self._loop.time()
        self.ahead = timedelta(0)
        self.stepped_back = False
        """It was set back, or put right after it was ahead: what was later may seem earlier."""

    def now(self) -> datetime:
        return self.true() + self.ahead

    def true(self) -> datetime:
        """Return the time that the CSMS has."""
        return BEGINNING + timedelta(seconds=self._loop.time() - self._since_s)

    def synchronised(self) -> bool:
        return True

    def offers(self, source: str) -> bool:
        return source == TimeSource.REAL_TIME_CLOCK

    def step(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)
        self.stepped_back = True


@dataclass(frozen=True, slots=True)
class Variable:
    """What the CSMS sets."""

    name: str
    value: str
    evse_id: int | None = None

    @property
    def address(self) -> dict[str, Any]:
        component, variable = self.name.split(".")
        where: dict[str, Any] = {"component": {"name": component}, "variable": {"name": variable}}
        if self.evse_id is not None:
            where["component"]["evse"] = {"id": self.evse_id}
        return where


class Site(House):
    """A house with two outlets; made and used in one loop."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        super().__init__(
            folder,
            settings=layout(),
            station="trust_clock = true",
            bench=bench_settings(folder),
            csms=CsmsSettings(password=PASSWORD, messages_kept=200_000, call_timeout_s=CALL_S, tokens=dict(CARDS)),
            wait=False,
        )
        self.csms = MockCsms(self.csms.settings, now=self.clock.true)

    def _made(self, settings: Settings, database: Database, reason: BootReasonEnumType) -> Station:
        elapsed_s = asyncio.get_running_loop().time
        return Station(settings, database, boot_reason=reason, clock=self.clock, elapsed_s=elapsed_s)

    @property
    def up(self) -> bool:
        """The daemon runs."""
        return self._running is not None and not self._running.done()

    def outlet(self, number: int) -> Outlet:
        return self.bench.evse(number)

    @contextlib.contextmanager
    def stored(self) -> Iterator[Database]:
        """What survives the daemon, to look at whether or not it runs."""
        database = Database.look(self.folder / "state")
        try:
            yield database
        finally:
            database.close()

    # Power

    async def keep_up(self) -> None:
        """Start the daemon again whenever it ended in order to be started again, as systemd does; runs for ever."""
        while True:
            await asyncio.sleep(1)
            if self._running is not None and self._running.done() and not self._running.cancelled():
                await self.ended()
                await self.start(wait=False)

    async def kill_hard(self) -> None:
        """End the daemon so that nothing it does on its way out reaches the devices: they go on as they are."""
        self.cut_lines(on=True)
        await self.kill()
        self.cut_lines(on=False)

    def cut_lines(self, *, on: bool) -> None:
        for number in range(1, 2 * len(EVSES) + 1):
            self.bench.line(number).cut(on)

    async def power_cut(self, down_s: float) -> None:
        """Take the power from everything for a while; the vehicle stays where it is."""
        await self.kill_hard()
        for number in EVSES:
            self.outlet(number).fault("meter_power_cycle", on=True)
            self._controller_forgets(number)
        await asyncio.sleep(down_s)
        for number in EVSES:
            self.outlet(number).fault("meter_power_cycle", on=False)
        await self.start(wait=False)

    def _controller_forgets(self, number: int) -> None:
        controller = self.outlet(number).controller
        controller._holding = {address: row.default for address, row in HOLDING.items()}
        controller._coils = dict.fromkeys(COILS, 0)
        self.outlet(number).update()

    # Devices

    def repair(self, number: int) -> None:
        """Take all faults off."""
        for fault in list(self.outlet(number).faults):
            self.outlet(number).fault(fault, on=False)

    def drawn_wh(self, number: int) -> float:
        """Return what the vehicles drew there, to the last digit."""
        outlet = self.outlet(number)
        outlet.meter.measuring.count(asyncio.get_running_loop().time())
        return outlet.meter.measuring.kept.total_wh - outlet.settings.meter.energy_wh

    # The CSMS

    async def ask(self, action: str, **payload: Any) -> Any:
        """Return the station's answer; None if there was none."""
        try:
            return await self.call(action, **payload)
        except (NotConnectedError, TimeoutError, CallFailedError):
            return None

    async def set(self, *variables: Variable) -> list[str]:
        """Set variables; return what became of each."""
        rows = [{**row.address, "attributeValue": row.value} for row in variables]
        answer = await self.ask("SetVariables", setVariableData=rows)
        return [result["attributeStatus"] for result in answer["setVariableResult"]] if answer else []

    def running(self, number: int) -> str | None:
        """Return the transaction that the CSMS takes for running at an EVSE, the newest one."""
        newest = None
        for transaction in self.seen.transactions.values():
            at = {event.payload["evse"]["id"] for event in transaction.events if "evse" in event.payload}
            if at == {number} and not transaction.ended:
                newest = transaction.id
        return newest
