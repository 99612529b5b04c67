"""The meter as a device on its line: writes and what they do, busy, supply."""

import asyncio
from collections.abc import Sequence

import structlog

from simulators.bench.contactor import Contactor
from simulators.bench.faults import Faults
from simulators.bench.mains import Phases
from simulators.bench.meter import access, image, kinds
from simulators.bench.meter.image import Written
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.pace import pace
from simulators.bench.meter.parts import assemble
from simulators.bench.meter.supply import Supply
from simulators.bench.pdu import Request
from simulators.bench.settings import MeterSettings, Settings
from simulators.bench.timing import Tasks

log = structlog.get_logger("bench")

_POWER_LOSS = "meter_power_loss_in_snapshot"


class Meter:
    """One BSM-WS36A.

    `power_down` and `power_up` are its supply; `update` is called when the contactor or a fault changed.
    """

    def __init__(self, settings: MeterSettings, bench: Settings, *, contactor: Contactor, faults: Faults) -> None:
        self.path = str(settings.port)
        """The serial port to open."""
        self._settings = settings
        self._faults = faults
        self._tasks = Tasks()
        self._taking: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        own_pace = pace(settings, time_scale=bench.time_scale)
        self._supply = Supply(outage_s=own_pace.outage_s, went=self._went_dark, came=self._woke)
        self._parts = assemble(
            settings, bench, pace=own_pace, contactor=contactor, faults=faults, sampled=self._fail_if_wanted
        )
        self.measuring = self._parts.measuring
        self.lines = self._parts.lines
        self.snapshots = self._parts.snapshots

    @property
    def unit(self) -> int:
        """DA."""
        return self._parts.interface.unit

    @property
    def baud(self) -> int:
        """Rte."""
        return self._parts.interface.baud

    @property
    def serial(self) -> str:
        """MA1, as its register reads."""
        return self._parts.who.now.serial

    @property
    def public_key(self) -> bytes:
        """DER SubjectPublicKeyInfo, as its register reads."""
        return self._parts.who.now.key.public

    @property
    def powered(self) -> bool:
        """It has supply."""
        return self._supply.powered

    @property
    def busy(self) -> bool:
        """A snapshot is being taken."""
        return not self._idle.is_set()

    async def execute(self, request: Request) -> bytes | None:
        """Answer a request, or not at all without supply; raises ModbusRefusal."""
        cuts = self._supply.cuts
        if self._settings.busy == "hold":
            await self._idle.wait()
        if not self.powered or cuts != self._supply.cuts:
            return None
        return access.answer(request, self, refusal=self._settings.refusal)

    def answered(self) -> None:
        """Change address and speed as written, now that the acknowledge went out at the old ones."""
        self._parts.interface.answered()

    def read(self, span: range) -> list[int]:
        """Return a range of registers; image.RefusedError outside the map."""
        return image.read(span, self._parts.readout.values)

    def write(self, span: range, words: Sequence[int]) -> None:
        """Apply a write by the meter's rules; image.RefusedError as the meter refuses it."""
        pieces = image.written(span, words)
        numbers = {piece.point.name: piece.number for piece in pieces if piece.point.type != "string"}
        if "Epoch" in numbers or "TZO" in numbers:
            self._set_clock(numbers.get("Epoch"), numbers.get("TZO"))
        for piece in pieces:
            self._apply(piece)

    def load(self, currents_a: Phases) -> None:
        """Let these currents flow through the meter."""
        if currents_a != self.measuring.currents_a:
            self.measuring.load(currents_a, now_s=_now_s())

    def update(self) -> None:
        """Notice the contactor's feedback and the faults that act at once."""
        if "meter_power_cycle" in self._faults:
            self.power_down()
        if not self.powered:
            return
        if "meter_clock_unset" in self._faults:
            self.measuring.lose_clock()
        self.lines.notice()

    def power_down(self) -> None:
        """Take the supply away: the relay opens, what is volatile is lost, a snapshot in the making too."""
        self._supply.set(False)

    def power_up(self) -> None:
        """Give the supply back."""
        self._supply.set(True)

    async def close(self) -> None:
        """End what runs and keep the counters."""
        self._supply.stop()
        try:
            await self._tasks.close()
        finally:
            self.measuring.power_down(_now_s())
            self._parts.memory.save()

    def _apply(self, piece: Written) -> None:
        match piece.point.name:
            case "DA" | "Rte" as name:
                self._parts.interface.write(name, piece.number)
            case "Meta1" | "Meta2" | "Meta3" as name:
                self.measuring.volatile.metadata[name] = piece.text
            case "DO":
                self.lines.switch(bool(piece.number & 1))
            case "St" if piece.number == kinds.UPDATING and not self.busy:
                # A command while another snapshot is being taken is passed over, as is any other value.
                self._begin(kinds.BY_SNAPSHOT[piece.alias])

    def _set_clock(self, epoch: int | None, tzo: int | None) -> None:
        if "meter_clock_unset" not in self._faults:
            self.measuring.set_clock(epoch, tzo, now_s=_now_s())

    def _begin(self, kind: Kind) -> None:
        self._idle.clear()
        self.snapshots.blocks[kind.name].begin()
        self._taking = self._tasks.start(self._take(kind), name=f"{self._settings.serial}-{kind.name}")
        self._taking.add_done_callback(self._ended)

    async def _take(self, kind: Kind) -> None:
        await self.snapshots.take(kind)
        log.info(
            "snapshot_taken",
            meter=self.serial,
            kind=kind.name,
            status=self.snapshots.blocks[kind.name].status,
        )
        self._parts.memory.save()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task is self._taking:
            self._taking = None
            self._idle.set()

    def _fail_if_wanted(self) -> None:
        if _POWER_LOSS in self._faults:
            self._supply.fail()
            self._faults.put(_POWER_LOSS, False)

    def _went_dark(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
            self._idle.set()
        self.lines.forget()
        self.measuring.power_down(_now_s())
        self._parts.interface.forget()
        self.snapshots.clear()

    def _woke(self) -> None:
        self.measuring.power_up(_now_s())
        self.lines.look()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
