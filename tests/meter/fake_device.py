"""A small BSM behind the device protocol: registers, snapshots, real signatures, and what can go wrong."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from station.core.records import RecordKind
from station.errors import LineSilentError
from station.meter.codec import Block, Value, encode
from station.meter.registers import END, FIRST, LAST, MARKER, MODELS, WRITABLE, address, points

SERIAL = "001BZR1521070006"
MODELS_OF = ("scs", "stons", "stoffs", "sss", "ses")
ALIASES = {address(alias, "St"): (kind, alias) for kind, alias in zip(RecordKind, MODELS_OF, strict=True)}
TRANSACTION = {RecordKind.CURRENT: "C", RecordKind.TURN_ON: "B", RecordKind.START: "B"}


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


@dataclass
class Faults:
    """What the meter does wrong; each stays until it is taken back."""

    fail_with: int = 0
    """St after a snapshot."""
    ocmf_status: int = 0
    stale: bool = False
    """The snapshot succeeds, but the old text stays."""
    counter_stuck: bool = False
    bad_signature: bool = False
    events: bool = False
    output_stuck: bool = False
    other_serial: str = ""
    other_id: str | None = None
    """Meta1 that is signed instead of the one written."""
    other_kind: bool = False
    deaf_to: set[int] = field(default_factory=set)
    """Addresses whose requests are neither heard nor answered."""
    acknowledge_lost: set[int] = field(default_factory=set)
    """Addresses whose next write is done, but not acknowledged."""
    ignore_time: bool = False
    signs_without_time: bool = False
    text_ready_later: bool = False
    """The text is rendered after the snapshot has been reported."""


class FakeDevice:
    """Implements station.meter.port.Registers for a meter whose time is the test's."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.faults = Faults()
        self.busy_s = 0.3
        self.holds_answers = False
        self.requests: list[Request] = []
        self.snapshots: list[RecordKind] = []
        self._ready_at: dict[int, float] = {}
        self._registers = [0] * (LAST + 1 - FIRST)
        self._fill()

    # What tests look at and turn

    def get(self, alias: str, name: str) -> Value:
        model = MODELS[alias]
        return Block(model, FIRST, self._registers).value(name)

    def number(self, alias: str, name: str) -> int:
        value = self.get(alias, name)
        assert isinstance(value, int)
        return value

    def put(self, alias: str, name: str, value: Value) -> None:
        model = MODELS[alias]
        self._store(model.address(name), encode(model.points[name], value))

    def lose_power(self) -> None:
        for name in ("Epoch", "TZO", "DIChgOS", "DOChgOS"):
            self.put("bsm", name, None)
        for name in ("Meta1", "Meta2", "Meta3"):
            self.put("bsm", name, "")
        for alias in MODELS_OF:
            self.put(alias, "St", 1)
            self.put("o" + alias, "St", 1)
            self.put("o" + alias, "O", "")
        self.put("bsm", "DO", 0)

    def take_now(self, kind: RecordKind) -> None:
        """Take a snapshot as if it had been commanded long ago."""
        self._finish(address(MODELS_OF[list(RecordKind).index(kind)], "St"))

    @property
    def output_on(self) -> bool:
        return bool(self.number("bsm", "DO"))

    # The line

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        await self._hear(Request(_now(), False, address, count, timeout_s, retries))
        if self.holds_answers and self._ready_at:
            until = max(self._ready_at.values())
            patience = timeout_s or 1.0
            if until - _now() > patience:
                await asyncio.sleep(patience)
                raise LineSilentError("no answer")
            await asyncio.sleep(until - _now())
        self._tick()
        return self._registers[address - FIRST : address - FIRST + count]

    async def write_registers(
        self, address: int, values: list[int], *, timeout_s: float | None = None, retries: int | None = None
    ) -> None:
        await self._hear(Request(_now(), True, address, len(values), timeout_s, retries))
        self._tick()
        for at, point in WRITABLE.items():
            if address <= at and at + point.length <= address + len(values):
                self._written(at, values[at - address : at - address + point.length])
        if address in self.faults.acknowledge_lost:
            self.faults.acknowledge_lost.remove(address)
            raise LineSilentError("no answer")

    async def _hear(self, request: Request) -> None:
        self.requests.append(request)
        await asyncio.sleep(0.002)
        if request.address in self.faults.deaf_to:
            await asyncio.sleep(request.timeout_s or 1.0)
            raise LineSilentError("no answer")

    # The meter

    def _fill(self) -> None:
        self._store(FIRST, [MARKER >> 16, MARKER & 0xFFFF])
        for at, model, point in points():
            value: Value = None
            if point.name in ("ID", "L"):
                value = model.id if point.name == "ID" else model.length
            self._store(at, encode(point, value))
        self._store(END.base, [END.id, END.length])
        for name, value in {
            "VrM": "1.9:32CA:AFF4", "VrC": "01d484f", "MA1": SERIAL,
            "MA2": "040042", "RCR": 0, "RCnt": 100, "OS": 1000,
            "DI": 1, "DO": 0, "Meta1": "", "Meta2": "", "Meta3": "", "NPK": 48, "BPK": 91, "PK": self.public_key,
        }.items():  # fmt: skip
            self.put("bsm", name, value)  # type: ignore[arg-type]
        self.put("cb", "Mn", "BAUER Electronic")
        self.put("cb", "Md", "BSM-WS36A-H01-1311-0000")
        for number, alias in enumerate(MODELS_OF):
            for block in (alias, "o" + alias):
                self.put(block, "Typ", number)
                self.put(block, "St", 1)
        for name, value in {
            "A": 4800, "AphA": 1600, "AphB": 1601, "AphC": 1599, "A_SF": -2, "PhVphA": 2301, "PhVphB": 2302,
            "PhVphC": 2303, "V_SF": -1, "Hz": 500, "Hz_SF": -1, "W": 1104, "W_SF": 1, "TotWhImp": 123450,
            "TotWh_SF": 0,
        }.items():  # fmt: skip
            self.put("tpm", name, value)

    def _store(self, at: int, words: list[int]) -> None:
        self._registers[at - FIRST : at - FIRST + len(words)] = words

    def _written(self, at: int, words: list[int]) -> None:
        time = (address("bsm", "Epoch"), address("bsm", "TZO"))
        refused = (self.faults.output_stuck and at == address("bsm", "DO")) or (
            self.faults.ignore_time and at in time
        )
        if at in ALIASES:
            if words == [2]:
                self._begin(at)
        elif not refused:
            self._store(at, words)

    def _begin(self, at: int) -> None:
        kind, _ = ALIASES[at]
        self.snapshots.append(kind)
        self._store(at, [2])
        self._ready_at[at] = _now() + self.busy_s
        if kind is RecordKind.TURN_ON:
            self.put("bsm", "DO", 1)
        if kind is RecordKind.TURN_OFF:
            self.put("bsm", "DO", 0)

    def _tick(self) -> None:
        for at, ready in list(self._ready_at.items()):
            if ready <= _now():
                del self._ready_at[at]
                self._finish(at)

    def _finish(self, at: int) -> None:
        kind, alias = ALIASES[at]
        self._store(at, [self.faults.fail_with])
        if self.faults.fail_with:
            return
        self.put("o" + alias, "St", 2 if self.faults.text_ready_later else self.faults.ocmf_status)
        if self.faults.text_ready_later:
            asyncio.get_running_loop().call_later(0.2, self.put, "o" + alias, "St", 0)
        if self.faults.stale:
            return
        if not self.faults.counter_stuck:
            self.put("bsm", "RCnt", self.number("bsm", "RCnt") + 1)
        self.put("o" + alias, "O", self._ocmf(kind).decode())

    def _ocmf(self, kind: RecordKind) -> bytes:
        faults = self.faults
        meta1 = self.get("bsm", "Meta1") if faults.other_id is None else faults.other_id
        extra = "".join(f'"X{i}":"{text}",' for i in (2, 3) if (text := self.get("bsm", f"Meta{i}")))
        number = list(RecordKind).index(kind)
        ending = '"RT":"AC","EF":"Et","ST":"E"' if faults.events else '"RT":"AC","EF":"","ST":"G"'
        payload = (
            '{"FV":"1.0","GI":"BAUER Electronic BSM-WS36A-H01-1311-0000",'
            f'"GS":"{SERIAL}","GV":"1.9:32CA:AFF4, 01d484f","PG":"T{self.number("bsm", "RCnt")}",'
            f'"MV":"BAUER Electronic","MM":"BSM-WS36A-H01-1311-0000","MS":"{faults.other_serial or SERIAL}",'
            f'"IS":{"true" if meta1 else "false"},"IT":"UNDEFINED","ID":"{meta1}",{extra}'
            f'"RD":[{{"TM":"{self._time()}","TX":"{TRANSACTION.get(kind, "E")}",'
            f'"RV":{"0.00" if kind is RecordKind.TURN_ON else "1.23"},"RI":"1-0:1.8.0*198","RU":"kWh",'
            f'"XV":123.45,"XI":"1-0:1.8.0*255","XU":"kWh","XT":{number + faults.other_kind},{ending}}}]}}'
        ).encode()
        signature = self._key.sign(payload, ec.ECDSA(hashes.SHA256())).hex()
        if faults.bad_signature:
            payload = payload.replace(b"123.45", b"123.46")
        return b'OCMF|%b|{"SA":"ECDSA-secp256r1-SHA256","SD":"%b"}' % (payload, signature.encode())

    def _time(self) -> str:
        epoch, offset = self.get("bsm", "Epoch"), self.get("bsm", "TZO")
        if not isinstance(epoch, int) or not isinstance(offset, int) or self.faults.signs_without_time:
            return "1970-01-01T00:00:00,000+0000 U"
        local = datetime.fromtimestamp(epoch, timezone(timedelta(minutes=offset)))
        return local.strftime("%Y-%m-%dT%H:%M:%S,000%z S")


def _now() -> float:
    return asyncio.get_running_loop().time()
