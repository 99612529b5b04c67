"""The register map of the BAUER BSM-WS36A: one row a point, one row a model.

Offsets count from the model's header (its ID register), addresses are 0-based protocol addresses as on the
wire. Source: METER.md section 1 and its map of all 291 points.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Type = Literal["uint16", "int16", "uint32", "acc32", "enum16", "bitfield32", "sunssf", "string", "blob", "pad"]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of the map; `length` in registers, `scale` names the point that holds its exponent."""

    name: str
    offset: int
    length: int
    type: Type
    unit: str = ""
    scale: str = ""
    writable: bool = False
    provided: bool = True
    """The WS36A fills it; a point that is not provided reads "not available"."""


@dataclass(frozen=True, slots=True)
class Model:
    """One block of the SunSpec chain; `length` is its payload in registers, without the header's two."""

    alias: str
    id: int
    base: int
    length: int
    points: Mapping[str, Point]
    """By name, in map order, header points ID and L first."""

    @property
    def payload(self) -> int:
        """Protocol address of the first register after the header."""
        return self.base + 2

    def address(self, name: str) -> int:
        """Return the protocol address of a point; KeyError if the model has none of that name."""
        return self.base + self.points[name].offset


MARKER_ADDRESS: Final = 40000
MARKER: Final = 0x53756E53
""""SunS", two registers in front of the first model."""

_HEADER = (
    Point("ID", 0, 1, "uint16"),
    Point("L", 1, 1, "uint16"),
)
_COMMON = (
    Point("Mn", 2, 16, "string"),
    Point("Md", 18, 16, "string"),
    Point("Opt", 34, 8, "string", provided=False),
    Point("Vr", 42, 8, "string"),
    Point("SN", 50, 16, "string"),
    Point("DA", 66, 1, "uint16", writable=True),
    Point("Pad", 67, 1, "pad"),
)
_SERIAL_HEADER = (
    Point("St", 2, 1, "enum16"),
    Point("Ctl", 3, 1, "uint16", provided=False),
    Point("Typ", 4, 1, "enum16"),
    Point("Pad", 5, 1, "pad"),
)
_SERIAL = (
    Point("Nam", 2, 4, "string", provided=False),
    Point("Rte", 6, 2, "uint32", "bps", writable=True),
    Point("Bits", 8, 1, "uint16"),
    Point("Pty", 9, 1, "enum16"),
    Point("Dup", 10, 1, "enum16"),
    Point("Flw", 11, 1, "enum16"),
    Point("Typ", 12, 1, "enum16"),
    Point("Pcol", 13, 1, "enum16"),
)
_AC_METER = (
    Point("A", 2, 1, "int16", "A", "A_SF"),
    Point("AphA", 3, 1, "int16", "A", "A_SF"),
    Point("AphB", 4, 1, "int16", "A", "A_SF"),
    Point("AphC", 5, 1, "int16", "A", "A_SF"),
    Point("A_SF", 6, 1, "sunssf"),
    Point("PhV", 7, 1, "int16", "V", "V_SF", provided=False),
    Point("PhVphA", 8, 1, "int16", "V", "V_SF"),
    Point("PhVphB", 9, 1, "int16", "V", "V_SF"),
    Point("PhVphC", 10, 1, "int16", "V", "V_SF"),
    Point("PPV", 11, 1, "int16", "V", "V_SF", provided=False),
    Point("PhVphAB", 12, 1, "int16", "V", "V_SF", provided=False),
    Point("PhVphBC", 13, 1, "int16", "V", "V_SF", provided=False),
    Point("PhVphCA", 14, 1, "int16", "V", "V_SF", provided=False),
    Point("V_SF", 15, 1, "sunssf"),
    Point("Hz", 16, 1, "int16", "Hz", "Hz_SF"),
    Point("Hz_SF", 17, 1, "sunssf"),
    Point("W", 18, 1, "int16", "W", "W_SF"),
    Point("WphA", 19, 1, "int16", "W", "W_SF"),
    Point("WphB", 20, 1, "int16", "W", "W_SF"),
    Point("WphC", 21, 1, "int16", "W", "W_SF"),
    Point("W_SF", 22, 1, "sunssf"),
    Point("VA", 23, 1, "int16", "VA", "VA_SF"),
    Point("VAphA", 24, 1, "int16", "VA", "VA_SF"),
    Point("VAphB", 25, 1, "int16", "VA", "VA_SF"),
    Point("VAphC", 26, 1, "int16", "VA", "VA_SF"),
    Point("VA_SF", 27, 1, "sunssf"),
    Point("VAR", 28, 1, "int16", "var", "VAR_SF"),
    Point("VARphA", 29, 1, "int16", "var", "VAR_SF"),
    Point("VARphB", 30, 1, "int16", "var", "VAR_SF"),
    Point("VARphC", 31, 1, "int16", "var", "VAR_SF"),
    Point("VAR_SF", 32, 1, "sunssf"),
    Point("PF", 33, 1, "int16", "Pct", "PF_SF", provided=False),
    Point("PFphA", 34, 1, "int16", "Pct", "PF_SF"),
    Point("PFphB", 35, 1, "int16", "Pct", "PF_SF"),
    Point("PFphC", 36, 1, "int16", "Pct", "PF_SF"),
    Point("PF_SF", 37, 1, "sunssf"),
    Point("TotWhExp", 38, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWhExpPhA", 40, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWhExpPhB", 42, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWhExpPhC", 44, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWhImp", 46, 2, "acc32", "Wh", "TotWh_SF"),
    Point("TotWhImpPhA", 48, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWhImpPhB", 50, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWhImpPhC", 52, 2, "acc32", "Wh", "TotWh_SF", provided=False),
    Point("TotWh_SF", 54, 1, "sunssf"),
    Point("TotVAhExp", 55, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhExpPhA", 57, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhExpPhB", 59, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhExpPhC", 61, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhImp", 63, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhImpPhA", 65, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhImpPhB", 67, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAhImpPhC", 69, 2, "acc32", "VAh", "TotVAh_SF", provided=False),
    Point("TotVAh_SF", 71, 1, "sunssf", provided=False),
    Point("TotVArhImpQ1", 72, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ1PhA", 74, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ1PhB", 76, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ1PhC", 78, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ2", 80, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ2PhA", 82, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ2PhB", 84, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhImpQ2PhC", 86, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ3", 88, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ3PhA", 90, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ3PhB", 92, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ3PhC", 94, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ4", 96, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ4PhA", 98, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ4PhB", 100, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArhExpQ4PhC", 102, 2, "acc32", "varh", "TotVArh_SF", provided=False),
    Point("TotVArh_SF", 104, 1, "sunssf", provided=False),
    Point("Evt", 105, 2, "bitfield32"),
)
_SIGNING_METER = (
    Point("ErrM", 2, 4, "string"),
    Point("SNM", 6, 8, "string"),
    Point("SNC", 14, 8, "string"),
    Point("VrM", 22, 8, "string"),
    Point("VrC", 30, 8, "string"),
    Point("MA1", 38, 8, "string"),
    Point("MA2", 46, 8, "string"),
    Point("RCR", 54, 2, "acc32", "Wh", "RCR_SF"),
    Point("RCR_SF", 56, 1, "sunssf"),
    Point("PDCnt", 57, 2, "uint32"),
    Point("RCnt", 59, 2, "uint32"),
    Point("OS", 61, 2, "uint32", "s"),
    Point("Epoch", 63, 2, "uint32", "s", writable=True),
    Point("TZO", 65, 1, "int16", "min", writable=True),
    Point("EpochSetCnt", 66, 2, "uint32"),
    Point("EpochSetOS", 68, 2, "uint32", "s"),
    Point("DI", 70, 1, "uint16"),
    Point("DO", 71, 1, "uint16", writable=True),
    Point("DIChgOS", 72, 2, "uint32", "s"),
    Point("DIChgEpoch", 74, 2, "uint32", "s"),
    Point("DIChgTZO", 76, 1, "int16", "min"),
    Point("DOChgOS", 77, 2, "uint32", "s"),
    Point("DOChgEpoch", 79, 2, "uint32", "s"),
    Point("DOChgTZO", 81, 1, "int16", "min"),
    Point("Meta1", 82, 70, "string", writable=True),
    Point("Meta2", 152, 50, "string", writable=True),
    Point("Meta3", 202, 50, "string", writable=True),
    Point("NPK", 252, 1, "uint16"),
    Point("BPK", 253, 1, "uint16"),
    Point("PK", 254, 48, "blob"),
)
_FIRMWARE_HASH = (
    Point("Typ", 2, 1, "enum16"),
    Point("NB", 3, 1, "uint16"),
    Point("BB", 4, 1, "uint16"),
    Point("Pad", 5, 1, "pad"),
    Point("B", 6, 16, "blob"),
)
_SNAPSHOT = (
    Point("Typ", 2, 1, "enum16"),
    Point("St", 3, 1, "enum16", writable=True),
    Point("RCR", 4, 2, "acc32", "Wh", "Wh_SF"),
    Point("TotWhImp", 6, 2, "acc32", "Wh", "Wh_SF"),
    Point("Wh_SF", 8, 1, "sunssf"),
    Point("W", 9, 1, "int16", "W", "W_SF"),
    Point("W_SF", 10, 1, "sunssf"),
    Point("MA1", 11, 8, "string"),
    Point("RCnt", 19, 2, "uint32"),
    Point("OS", 21, 2, "uint32", "s"),
    Point("Epoch", 23, 2, "uint32", "s"),
    Point("TZO", 25, 1, "int16", "min"),
    Point("EpochSetCnt", 26, 2, "uint32"),
    Point("EpochSetOS", 28, 2, "uint32", "s"),
    Point("DI", 30, 1, "uint16"),
    Point("DO", 31, 1, "uint16"),
    Point("Meta1", 32, 70, "string"),
    Point("Meta2", 102, 50, "string"),
    Point("Meta3", 152, 50, "string"),
    Point("Evt", 202, 2, "bitfield32"),
    Point("NSig", 204, 1, "uint16"),
    Point("BSig", 205, 1, "uint16"),
    Point("Sig", 206, 48, "blob"),
)
_OCMF = (
    Point("Typ", 2, 1, "enum16"),
    Point("St", 3, 1, "enum16"),
    Point("O", 4, 496, "string"),
)


def _model(alias: str, model_id: int, base: int, length: int, rows: tuple[Point, ...]) -> Model:
    points = {point.name: point for point in _HEADER + rows}
    return Model(alias, model_id, base, length, MappingProxyType(points))


_ROWS = (
    _model("cb", 1, 40002, 66, _COMMON),
    _model("sih", 10, 40070, 4, _SERIAL_HEADER),
    _model("si", 17, 40076, 12, _SERIAL),
    _model("tpm", 203, 40090, 105, _AC_METER),
    _model("bsm", 64900, 40197, 300, _SIGNING_METER),
    _model("cfwh", 64902, 40499, 20, _FIRMWARE_HASH),
    _model("scs", 64901, 40521, 252, _SNAPSHOT),
    _model("stons", 64901, 40775, 252, _SNAPSHOT),
    _model("stoffs", 64901, 41029, 252, _SNAPSHOT),
    _model("sss", 64901, 41283, 252, _SNAPSHOT),
    _model("ses", 64901, 41537, 252, _SNAPSHOT),
    _model("oscs", 64903, 41791, 498, _OCMF),
    _model("ostons", 64903, 42291, 498, _OCMF),
    _model("ostoffs", 64903, 42791, 498, _OCMF),
    _model("osss", 64903, 43291, 498, _OCMF),
    _model("oses", 64903, 43791, 498, _OCMF),
)
MODELS: Final[Mapping[str, Model]] = MappingProxyType({model.alias: model for model in _ROWS})
"""By the alias that the maker's tool uses, in the order of the chain."""

END: Final = _model("end", 0xFFFF, 44291, 0, ())
"""Where the chain ends: ID ffff, L 0."""

FIRST: Final = MARKER_ADDRESS
LAST: Final = END.base + 1
"""First and last protocol address of the map; there is no gap between them."""


def address(alias: str, name: str) -> int:
    """Return a point's protocol address: `address("stons", "St") == 40778`; KeyError if there is none."""
    return MODELS[alias].address(name)


def points() -> Iterator[tuple[int, Model, Point]]:
    """Yield (protocol address, model, point) of the whole chain in map order, the end marker included."""
    for model in (*MODELS.values(), END):
        for point in model.points.values():
            yield model.base + point.offset, model, point


WRITABLE: Final[Mapping[int, Point]] = MappingProxyType({at: point for at, _, point in points() if point.writable})
"""By protocol address: the 13 points that the meter takes; everything else in a write is skipped silently."""
