"""The meter as a device on its line: functions 3 and 16, write rules, busy, power."""

import asyncio

from simulators.bench import pdu
from simulators.bench.contactor import Contactor
from simulators.bench.faults import Faults
from simulators.bench.mains import Phases
from simulators.bench.meter import identity, image, kinds
from simulators.bench.meter.digital import DigitalLines
from simulators.bench.meter.firmware import FIRMWARES
from simulators.bench.meter.identity import Identity
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.measuring import Measuring
from simulators.bench.meter.memory import Memory
from simulators.bench.meter.snapshots import FEEDBACK_S, Snapshots
from simulators.bench.meter.values import Values
from simulators.bench.pdu import ModbusRefusal, Request
from simulators.bench.settings import MeterSettings, Settings
from simulators.bench.timing import Tasks

_METADATA = ("Meta1", "Meta2", "Meta3")


class Meter:
    """One BSM-WS36A. `power_down` and `power_up` are its supply; `update` is called when the contactor moved."""

    def __init__(self, settings: MeterSettings, bench: Settings, *, contactor: Contactor, faults: Faults) -> None:
        self.path = str(settings.port)
        """The serial port to open."""
        self.unit = settings.unit
        self.baud = settings.baud
        self.powered = True
        self._memory = Memory(bench.state_folder, serial=settings.serial, energy_wh=settings.energy_wh)
        self._holds = settings.busy == "hold"
        self._after_answer: dict[str, int] = {}
        """Unit and baud rate that apply once the write's acknowledge is out."""
        self._tasks = Tasks()
        self._taking: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.identity = Identity(settings.serial, FIRMWARES[settings.firmware], self._memory.key.public)
        self.measuring = Measuring(
            self._memory.kept,
            firmware=self.identity.firmware,
            energy_scale=bench.energy_scale,
            now_s=_now_s(),
        )
        if self._memory.woke_up:
            self.measuring.power_up(_now_s())
        self.lines = DigitalLines(contactor, self.measuring, faults=faults)
        self.snapshots = Snapshots(
            self.measuring,
            self.lines,
            who=self.identity,
            key=self._memory.key,
            faults=faults,
            durations_s=_durations_s(settings, bench.time_scale),
            feedback_s=FEEDBACK_S * bench.time_scale,
        )

    @property
    def serial(self) -> str:
        """MA1."""
        return self.identity.serial

    @property
    def public_key(self) -> bytes:
        """DER SubjectPublicKeyInfo."""
        return self.identity.public_key

    @property
    def busy(self) -> bool:
        """A snapshot is being taken."""
        return not self._idle.is_set()

    async def execute(self, request: Request) -> bytes | None:
        """Answer a request, or not at all without supply; raises ModbusRefusal."""
        if self._holds:
            await self._idle.wait()
        if not self.powered:
            return None
        match request.function:
            case pdu.READ_HOLDING:
                return pdu.registers_answer(request, image.read(request.span, self._values))
            case pdu.WRITE_REGISTERS:
                self._write(image.written(request.span, request.values))
                return pdu.write_answer(request)
            case _:
                raise ModbusRefusal(pdu.ILLEGAL_FUNCTION)

    def answered(self) -> None:
        """Change address and speed as written, now that the acknowledge went out at the old ones."""
        self.unit = self._after_answer.pop("DA", self.unit)
        self.baud = self._after_answer.pop("Rte", self.baud)

    def load(self, currents_a: Phases) -> None:
        """Let these currents flow through the meter."""
        if currents_a != self.measuring.currents_a:
            self.measuring.load(currents_a, now_s=_now_s())

    def update(self) -> None:
        """Notice the contactor's feedback."""
        if self.powered:
            self.lines.notice()

    def power_down(self) -> None:
        """Take the supply away: the relay opens, what is volatile is lost, a snapshot in the making too."""
        self.powered = False
        if self._taking is not None:
            self._taking.cancel()
        self.lines.forget()
        self.measuring.power_down(_now_s())
        self._after_answer.clear()

    def power_up(self) -> None:
        """Give the supply back."""
        self.powered = True
        self.measuring.power_up(_now_s())
        self.snapshots.clear()
        self.lines.look()

    async def close(self) -> None:
        """End what runs and keep the counters."""
        try:
            await self._tasks.close()
        finally:
            self.measuring.power_down(_now_s())
            self._memory.save()

    def _values(self, alias: str) -> Values:
        if alias in kinds.BY_SNAPSHOT:
            return self.snapshots.blocks[kinds.BY_SNAPSHOT[alias].name].snapshot_values()
        if alias in kinds.BY_OCMF:
            return self.snapshots.blocks[kinds.BY_OCMF[alias].name].ocmf_values()
        match alias:
            case "cb":
                return self.identity.common(self.unit)
            case "sih":
                return identity.serial_header()
            case "si":
                return identity.serial_interface(self.baud)
            case "tpm":
                return self.measuring.ac_block(self.snapshots.event_bits, now_s=_now_s())
            case "bsm":
                return self._signing_meter()
            case "cfwh":
                return self.identity.firmware_hash()
            case _:
                return {}

    def _signing_meter(self) -> Values:
        now_s = _now_s()
        names = self.identity.signing_meter(
            unit=self.unit,
            baud=self.baud,
            operating_s=self.measuring.operating_s(now_s),
            failed=bool(self.snapshots.event_bits),
        )
        lines = {
            "RCR_SF": self.identity.firmware.energy_exponent,
            "PDCnt": self.measuring.kept.power_downs,
            "DI": self.lines.input,
            "DO": self.lines.output,
        }
        return names | lines | self.measuring.registers(now_s) | self.measuring.change_stamps()

    def _write(self, taken: image.Written) -> None:
        numbers = {name: value for (_, name), value in taken.items() if isinstance(value, int)}
        for name in _METADATA:
            if ("bsm", name) in taken:
                self.measuring.volatile.metadata[name] = taken["bsm", name]
        if "Epoch" in numbers or "TZO" in numbers:
            self.measuring.set_clock(numbers.get("Epoch"), numbers.get("TZO"), now_s=_now_s())
        if "DO" in numbers:
            self.lines.switch(bool(numbers["DO"] & 1))
        if 1 <= numbers.get("DA", 0) <= 247:
            self._after_answer["DA"] = numbers["DA"]
        if numbers.get("Rte") in identity.BAUD_RATES:
            self._after_answer["Rte"] = numbers["Rte"]
        for alias, kind in kinds.BY_SNAPSHOT.items():
            # A command while another snapshot is being taken is passed over, as is any other value than 2.
            if taken.get((alias, "St")) == kinds.UPDATING and not self.busy:
                self._begin(kind)

    def _begin(self, kind: Kind) -> None:
        self._idle.clear()
        self.snapshots.blocks[kind.name].begin()
        self._taking = self._tasks.start(self._take(kind), name=f"{self.identity.serial}-{kind.name}")
        self._taking.add_done_callback(lambda _task: self._idle.set())

    async def _take(self, kind: Kind) -> None:
        await self.snapshots.take(kind)
        self._memory.save()


def _durations_s(settings: MeterSettings, time_scale: float) -> dict[str, float]:
    overrides = {
        "current": settings.current_s,
        "turn_on": settings.turn_on_s,
        "turn_off": settings.turn_off_s,
        "start": settings.start_s,
        "end": settings.end_s,
    }
    return {
        name: kind.duration_s * time_scale if (own := overrides[name]) is None else own
        for name, kind in kinds.KINDS.items()
    }


def _now_s() -> float:
    return asyncio.get_running_loop().time()
