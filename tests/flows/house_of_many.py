"""A house with many EVSEs: meters and controllers share lines, as many to a line as the house says."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from ocpp.v201.enums import BootReasonEnumType

from simulators.bench.line import Line
from simulators.bench.settings import Settings as BenchSettings
from simulators.bench.settings import plain
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from simulators.mock_csms.transactions import Event, Transaction
from station.app import Station
from station.clock import TimeSource
from station.settings import Settings
from station.storage.database import Database
from tests.fakes_clock import FakeClock
from tests.flows.house import PASSWORD, SETTINGS, House, until

HEAD, REST = SETTINGS.split("[[line]]", 1)
TAIL = REST[REST.index("[variables]") :]

LINE = """[[line]]
name = "{kind} {number}"
port = "{{folder}}/{kind}{number}"
parity = "none"
"""
EVSE = """[[evse]]
id = {number}
evse_id = "DE*ABC*E{number}"
max_current_a = 16
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "meter {line}"
unit = {meter_unit}
[evse.controller]
type = "phoenix-ev-cc"
line = "controller {line}"
unit = {controller_unit}
"""
READER = """[[reader]]
name = "reader {number}"
type = "serial-line"
port = "{{folder}}/reader{number}"
evses = [{evses}]
choose = "{choose}"
"""
KINDS = ("meter", "controller")


class LoopClock(FakeClock):
    """Goes with the loop, so that what is to be told every five seconds is five seconds apart."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))

    def offers(self, source: str) -> bool:
        return source == TimeSource.REAL_TIME_CLOCK


class HouseOfMany(House):
    """`async with HouseOfMany(folder, evses=8, per_line=4) as house:` is up when the CSMS knows all as Available.

    `readers` are the EVSEs that each reader serves; without, each EVSE has a reader of its own, with its number.
    """

    def __init__(
        self,
        folder: Path,
        *,
        evses: int,
        per_line: int,
        readers: Iterable[Iterable[int]] | None = None,
        choose: str = "newest-plug",
        pacing: bool = False,
        **keys: Any,
    ) -> None:
        self.numbers = tuple(range(1, evses + 1))
        served = [tuple(each) for each in readers or ((number,) for number in self.numbers)]
        super().__init__(
            folder,
            settings=layout(evses, per_line=per_line, readers=served, choose=choose),
            bench=bench(folder, evses=evses, per_line=per_line, readers=len(served), pacing=pacing),
            station="trust_clock = true",
            **keys,
        )
        self.clock = LoopClock()
        self.csms = MockCsms(CsmsSettings(password=PASSWORD, messages_kept=20_000), now=self.clock.now)
        self._per_line = per_line

    def _made(self, settings: Settings, database: Database, reason: BootReasonEnumType) -> Station:
        station = super()._made(settings, database, reason)
        clock = station._clock
        clock._base, clock._elapsed_s = self.clock, asyncio.get_running_loop().time
        clock._began = clock._beginning()
        return station

    async def start(self, *, wait: bool = True, **keys: Any) -> None:
        await super().start(wait=False, **keys)
        if wait:
            await self.all_are("Available")

    async def all_are(self, wanted: str, *, but: Iterable[int] = ()) -> None:
        """Return when the CSMS knows every connector by this status, `but` those that may be anything."""
        numbers = set(self.numbers) - set(but)
        await until(
            lambda: all(self.status_of(number) == wanted for number in numbers), f"status {wanted} of {numbers}"
        )

    async def is_at(self, number: int, wanted: str, *, within_s: float = 300.0) -> None:
        await until(lambda: self.status_of(number) == wanted, f"status {wanted} of {number}", seconds=within_s)

    def status_of(self, number: int) -> str | None:
        """Return what the CSMS knows of an EVSE's connector."""
        return self.seen.connectors.get((number, 1))

    def letter(self, number: int) -> str:
        """Return the pilot state that the station knows of."""
        assert self.station is not None
        return self.station.evse(number).session.letter

    def line(self, kind: str, *, of: int) -> Line:
        """Return the line of the `meter` or `controller` of an EVSE."""
        return self.bench.line((of - 1) // self._per_line * len(KINDS) + KINDS.index(kind) + 1)

    def fault_at(self, number: int, name: str, on: bool = True) -> None:
        self.bench.evse(number).fault(name, on)

    def drives_up(self, number: int, *, reader: int | None = None) -> None:
        """A driver plugs in and swipes, each EVSE's driver a card of his own."""
        self.bench.evse(number).plug()
        self.swipes(number, reader=reader)

    def swipes(self, number: int, *, reader: int | None = None) -> None:
        self.bench.reader(number if reader is None else reader).swipe(card_of(number))

    async def all_charge(self, numbers: Iterable[int] | None = None) -> dict[int, str]:
        """Let drivers come to these EVSEs, or to all, at once; return the transaction of each when it is Charging."""
        wanted = tuple(self.numbers if numbers is None else numbers)
        for number in wanted:
            self.drives_up(number)
        return {number: await self.charging_at(number) for number in wanted}

    async def charging_at(self, number: int) -> str:
        """Return the transaction that runs at an EVSE, as soon as it is Charging."""
        event = await self.event(lambda e: evse_of(self, e) == number, state="Charging")
        return str(event["transactionInfo"]["transactionId"])

    async def told_of(self, component: str, *, at: int, problem: bool = True) -> None:
        """Return when the CSMS was told that a component of an EVSE has a problem, or has none any more."""

        def fits(payload: Any) -> bool:
            event = payload["eventData"][0]
            place = event["component"]["name"], event["component"]["evse"]["id"], event["variable"]["name"]
            return place == (component, at, "Problem") and event["actualValue"] == str(problem).lower()

        await self.seen.wait_for("NotifyEvent", fits, timeout_s=300)

    def troubled(self) -> set[int]:
        """Return the EVSEs of which the CSMS was ever told a problem."""
        told = (event for message in self.seen.received("NotifyEvent") for event in message["eventData"])
        return {event["component"]["evse"]["id"] for event in told if event["variable"]["name"] == "Problem"}

    def power_w(self, number: int) -> float:
        return float(self.bench.state()["evses"][number - 1]["power_w"])


def evse_of(house: House, payload: Any) -> int | None:
    """Return at which EVSE an event happened; its transaction may have told that before (E01)."""
    transaction = house.csms.transactions.get(payload["transactionInfo"]["transactionId"])
    told: Any = transaction.latest("evse") if transaction else None
    return None if told is None else int(told["id"])


def card_of(number: int) -> str:
    return f"04A2B3C4D5E6{number:02X}"


def layout(evses: int, *, per_line: int, readers: list[tuple[int, ...]], choose: str) -> str:
    """Return the settings of the station, to be filled in."""
    lines = range(1, -(-evses // per_line) + 1)
    parts = [LINE.format(kind=kind, number=number) for number in lines for kind in KINDS]
    for at in range(evses):
        line, place = at // per_line + 1, at % per_line
        parts.append(EVSE.format(number=at + 1, line=line, meter_unit=42 + place, controller_unit=1 + place))
    for number, served in enumerate(readers, 1):
        parts.append(READER.format(number=number, evses=", ".join(map(str, served)), choose=choose))
    return HEAD + "".join(parts) + TAIL


def bench(folder: Path, *, evses: int, per_line: int, readers: int, pacing: bool) -> BenchSettings:
    """Return the devices around it; `pacing`: they answer no faster than the lines allow."""
    settings = plain(folder, evses=evses, readers=readers, evses_per_line=per_line, energy_scale=60)
    return replace(
        settings,
        evses=tuple(
            replace(
                evse,
                meter=replace(evse.meter, pacing=pacing),
                controller=replace(evse.controller, pacing=pacing),
            )
            for evse in settings.evses
        ),
    )


def samples(transaction: Transaction) -> list[Event]:
    """Return the events that brought values because it was time for them."""
    return [event for event in transaction.events if event.payload["triggerReason"] == "MeterValuePeriodic"]


def longest_gap_s(events: list[Event]) -> float:
    """Return how long it took at most from one event to the next."""
    instants = [event.timestamp for event in events]
    return max((after - before).total_seconds() for before, after in pairwise(instants))
