"""A small BSM behind the device protocol: registers, snapshots, real signatures, and what can go wrong."""

import asyncio
from dataclasses import dataclass, field

from station.core.records import RecordKind
from station.errors import LineRefusedError, LineSilentError
from station.meter.codec import Block, Value, encode
from station.meter.registers import FIRST, LAST, MARKER, MODELS, WRITABLE, address, points
from tests.meter.fake_records import MAKER, MODEL, Signer

SERIAL = "001BZR1521070006"
HASH = "11b49f84cf423009674d78f0af72a39a2a59b49e2a46e9ed587d48a54434531d"
MODELS_OF = ("scs", "stons", "stoffs", "sss", "ses")
ALIASES = {address(alias, "St"): (kind, alias) for kind, alias in zip(RecordKind, MODELS_OF, strict=True)}
EPOCH, TZO, DO = address("bsm", "Epoch"), address("bsm", "TZO"), address("bsm", "DO")
WINDOW_S = 60
"""An Epoch that moves the clock by more counts as a setting."""
KEPT = {
    "VrM": "1.9:32CA:AFF4", "VrC": "01d484f", "MA1": SERIAL, "MA2": "040042", "RCR": 123, "RCR_SF": 1, "RCnt": 100,
    "OS": 1000, "EpochSetCnt": 7, "EpochSetOS": 900, "DI": 1, "DO": 0, "Meta1": "", "Meta2": "", "Meta3": "",
    "NPK": 48, "BPK": 91,
}  # fmt: skip
LIVE = {
    "A": 4800, "AphA": 1600, "AphB": 1601, "AphC": 1599, "A_SF": -2, "PhVphA": 2301, "PhVphB": 2302, "PhVphC": 2303,
    "V_SF": -1, "Hz": 500, "Hz_SF": -1, "W": 1104, "WphA": 368, "WphB": 369, "WphC": 367, "W_SF": 1, "VAR": -12,
    "VARphA": -3, "VARphB": -4, "VARphC": -5, "VAR_SF": 1, "PFphA": 1000, "PFphB": 999, "PFphC": -998, "PF_SF": -1,
    "TotWhImp": 123450, "TotWh_SF": 0, "Evt": 0,
}  # fmt: skip
SHARED = (
    "RCR",
    "MA1",
    "RCnt",
    "OS",
    "Epoch",
    "TZO",
    "EpochSetCnt",
    "EpochSetOS",
    "DI",
    "DO",
    "Meta1",
    "Meta2",
    "Meta3",
)


@dataclass(frozen=True)
class Request:
    """What came over the line; `size` counts request and answer in bytes."""

    at: float
    write: bool
    address: int
    count: int
    timeout_s: float | None
    retries: int | None

    @property
    def size(self) -> int:
        return 9 + 2 * self.count + 8 if self.write else 8 + 5 + 2 * self.count

    @property
    def span(self) -> range:
        return range(self.address, self.address + self.count)


@dataclass
class Faults:
    """What the meter does wrong; each stays until it is taken back."""

    fail_with: int = 0
    """St after a snapshot."""
    ocmf_status: int = 0
    stale: bool = False
    """The snapshot succeeds, but the blocks stay as they were."""
    counter_stuck: bool = False
    bad_signature: bool = False
    bad_snapshot_signature: bool = False
    signs: dict[str, Value] = field(default_factory=dict)
    """Points that are signed with another value than the meter has, in text and snapshot."""
    text_edits: dict[str, str] = field(default_factory=dict)
    """Replaced in the text alone, before it is signed."""
    output_stuck: bool = False
    deaf_to: set[int] = field(default_factory=set)
    """Addresses whose requests are neither heard nor answered."""
    acknowledge_lost: set[int] = field(default_factory=set)
    """Addresses whose next write is done, but not acknowledged."""
    refuses: set[int] = field(default_factory=set)
    """Addresses whose reads and writes are refused."""
    ignores: set[int] = field(default_factory=set)
    """Points whose writes are acknowledged and passed over."""
    text_ready_after_s: float = 0.0
    """The text is rendered so long after the snapshot has been reported."""


class FakeDevice:
    """Implements station.meter.port.Registers for a meter whose time is the test's."""

    def __init__(self) -> None:
        self.signer = Signer()
        self.public_key = self.signer.public_key
        self.faults = Faults()
        self.busy_s = 0.3
        self.holds_answers = False
        """What comes while it is busy waits until it is not."""
        self.holds_acknowledge = False
        """So does the answer to the command itself."""
        self.old_firmware = False
        """Before communication firmware 1.3."""
        self.time_flag = "S"
        self.drift = 0.0
        """How much too fast the clock runs, in parts."""
        self.requests: list[Request] = []
        self.snapshots: list[RecordKind] = []
        self._clock: tuple[int, float] | None = None
        """Epoch as written, and when."""
        self._ready_at: dict[int, float] = {}
        self._registers = [0] * (LAST + 1 - FIRST)
        self._fill()

    # What tests look at and turn

    def get(self, alias: str, name: str) -> Value:
        self._tick()
        return Block(MODELS[alias], FIRST, self._registers).value(name)

    def number(self, alias: str, name: str) -> int:
        value = self.get(alias, name)
        assert isinstance(value, int)
        return value

    def put(self, alias: str, name: str, value: Value) -> None:
        model = MODELS[alias]
        self._store(model.address(name), encode(model.points[name], value))
        if model.address(name) == EPOCH:
            self._clock = (value, _now()) if isinstance(value, int) else None

    def set_clock(self, epoch: int | None, offset_min: int | None) -> None:
        """Set the clock as another master would have done."""
        self.put("bsm", "Epoch", epoch)
        self.put("bsm", "TZO", offset_min)

    def lose_power(self) -> None:
        self.set_clock(None, None)
        for name in ("DIChgOS", "DOChgOS"):
            self.put("bsm", name, None)
        for name in ("Meta1", "Meta2", "Meta3"):
            self.put("bsm", name, "")
        for alias in MODELS_OF:
            self.put(alias, "St", 1)
            self.put("o" + alias, "St", 1)
            self.put("o" + alias, "O", "")
        self.put("bsm", "DO", 0)
        self._ready_at.clear()

    def take_now(self, kind: RecordKind) -> None:
        """Take a snapshot as if it had been commanded long ago."""
        self._finish(address(MODELS_OF[list(RecordKind).index(kind)], "St"))

    @property
    def output_on(self) -> bool:
        return bool(self.number("bsm", "DO"))

    @property
    def writes(self) -> list[tuple[int, int]]:
        """Address and size of every write so far."""
        return [(request.address, request.count) for request in self.requests if request.write]

    def polls(self, kind: RecordKind) -> list[Request]:
        """The requests that asked for the St of a kind's snapshot alone."""
        at = address(MODELS_OF[list(RecordKind).index(kind)], "St")
        return [one for one in self.requests if (one.address, one.count, one.write) == (at, 1, False)]

    # The line

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        assert 1 <= count <= 125
        await self._hear(Request(_now(), False, address, count, timeout_s, retries))
        await self._hold(timeout_s)
        self._tick()
        return self._registers[address - FIRST : address - FIRST + count]

    async def write_registers(
        self, address: int, values: list[int], *, timeout_s: float | None = None, retries: int | None = None
    ) -> None:
        assert 1 <= len(values) <= 123
        request = Request(_now(), True, address, len(values), timeout_s, retries)
        await self._hear(request)
        await self._hold(timeout_s)
        taken = [at for at, point in WRITABLE.items() if set(range(at, at + point.length)) & set(request.span)]
        if any(not set(range(at, at + WRITABLE[at].length)) <= set(request.span) for at in taken):
            raise LineRefusedError("a point was covered in part only", code=2)
        clock_before = self._epoch(), self.get("bsm", "TZO")
        for at in taken:
            self._written(at, values[at - address : at - address + WRITABLE[at].length])
        self._count_setting(clock_before, set(taken))
        if self.holds_acknowledge:
            await self._hold(timeout_s)
        if address in self.faults.acknowledge_lost:
            self.faults.acknowledge_lost.remove(address)
            await asyncio.sleep(timeout_s or 1.0)
            raise LineSilentError("no answer")

    async def _hear(self, request: Request) -> None:
        self.requests.append(request)
        await asyncio.sleep(0.002)
        if request.address in self.faults.deaf_to:
            await asyncio.sleep(request.timeout_s or 1.0)
            raise LineSilentError("no answer")
        if request.address in self.faults.refuses:
            raise LineRefusedError("refused", code=2)

    async def _hold(self, timeout_s: float | None) -> None:
        self._tick()
        if not (self.holds_answers or self.holds_acknowledge) or not self._ready_at:
            return
        wait_s = max(self._ready_at.values()) - _now()
        await asyncio.sleep(min(wait_s, timeout_s or 1.0))
        if wait_s > (timeout_s or 1.0):
            raise LineSilentError("no answer")

    # The meter

    def _fill(self) -> None:
        self._store(FIRST, [MARKER >> 16, MARKER & 0xFFFF])
        for at, model, point in points():
            value: Value = None
            if point.name in ("ID", "L"):
                value = model.id if point.name == "ID" else model.length
            self._store(at, encode(point, value))
        for name, value in KEPT.items():
            self.put("bsm", name, value)  # type: ignore[arg-type]
        self.put("bsm", "PK", self.public_key)
        for name, value in LIVE.items():
            self.put("tpm", name, value)
        for name, value in {"Typ": 0, "NB": 16, "BB": 32, "B": bytes.fromhex(HASH)}.items():
            self.put("cfwh", name, value)  # type: ignore[arg-type]
        self.put("cb", "Mn", MAKER)
        self.put("cb", "Md", MODEL)
        for number, alias in enumerate(MODELS_OF):
            for block in (alias, "o" + alias):
                self.put(block, "Typ", number)
                self.put(block, "St", 1)

    def _store(self, at: int, words: list[int]) -> None:
        self._registers[at - FIRST : at - FIRST + len(words)] = words

    def _written(self, at: int, words: list[int]) -> None:
        if at in self.faults.ignores or (self.faults.output_stuck and at == DO):
            return
        if at in ALIASES:
            if words == [2] and not self._ready_at:
                self._begin(at)
        elif at == EPOCH:
            self.put("bsm", "Epoch", words[0] << 16 | words[1])
        else:
            self._store(at, words)

    def _count_setting(self, before: tuple[int | None, Value], taken: set[int]) -> None:
        epoch, offset = before
        if not taken & {EPOCH, TZO}:
            return
        now = self._epoch()
        moved = now is not None and (epoch is None or abs(now - epoch) > WINDOW_S)
        if moved or offset != self.get("bsm", "TZO"):
            self.put("bsm", "EpochSetCnt", self.number("bsm", "EpochSetCnt") + 1)

    def _begin(self, at: int) -> None:
        kind, _ = ALIASES[at]
        self.snapshots.append(kind)
        self._store(at, [2])
        self._ready_at[at] = _now() + self.busy_s
        if kind in (RecordKind.TURN_ON, RecordKind.TURN_OFF) and not self.faults.output_stuck:
            self.put("bsm", "DO", 0)

    def _tick(self) -> None:
        if self._clock is not None:
            self._store(EPOCH, encode(WRITABLE[EPOCH], self._epoch()))
        for at, ready in list(self._ready_at.items()):
            if ready <= _now():
                del self._ready_at[at]
                self._finish(at)

    def _epoch(self) -> int | None:
        if self._clock is None:
            return None
        epoch, at = self._clock
        return epoch + int((_now() - at) * (1 + self.drift))

    def _finish(self, at: int) -> None:
        kind, alias = ALIASES[at]
        faults = self.faults
        self._store(at, [faults.fail_with])
        values = self._values(kind)
        if kind is RecordKind.TURN_ON:
            # Late, and whatever was written to DO meanwhile; a failed one may have done so as well.
            self.put("bsm", "DO", 1)
        if faults.fail_with:
            return
        self.put("o" + alias, "St", 2 if faults.text_ready_after_s else faults.ocmf_status)
        if faults.text_ready_after_s:
            asyncio.get_running_loop().call_later(faults.text_ready_after_s, self.put, "o" + alias, "St", 0)
        if faults.stale:
            return
        if not faults.counter_stuck:
            self.put("bsm", "RCnt", values["RCnt"])
        payload = self.signer.snapshot(values, broken=faults.bad_snapshot_signature)
        self._store(MODELS[alias].payload, payload)
        text = self.signer.ocmf(
            values,
            edits=faults.text_edits,
            flag=self.time_flag,
            old=self.old_firmware,
            broken=faults.bad_signature,
        )
        self.put("o" + alias, "O", text)

    def _values(self, kind: RecordKind) -> dict[str, Value]:
        if kind in (RecordKind.TURN_ON, RecordKind.START):
            self.put("bsm", "RCR", 0)
        values = {name: self.get("bsm", name) for name in SHARED}
        values |= {"Typ": list(RecordKind).index(kind), "St": 0, "Wh_SF": 1, "W": 0, "W_SF": 1}
        values |= {"TotWhImp": self.number("tpm", "TotWhImp") // 10, "Evt": self.number("tpm", "Evt")}
        values["RCnt"] = self.number("bsm", "RCnt") + (not self.faults.counter_stuck)
        return values | self.faults.signs


def _now() -> float:
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:  # made before the loop of the test runs
        return 0.0
