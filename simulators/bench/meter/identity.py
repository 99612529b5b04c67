"""Who a meter is: the registers that never change, and those of its line."""

import hashlib
from dataclasses import dataclass
from typing import Final

from simulators.bench.meter import events
from simulators.bench.meter.firmware import Firmware
from simulators.bench.meter.key import MeterKey
from station.meter.codec import Value

MAKER: Final = "BAUER Electronic"
MODEL: Final = "BSM-WS36A-H01-1311-0000"
BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)

_KEY_REGISTERS = 48
_DIGEST_REGISTERS = 16
_PAGE_S = 8
_TWISTED_PAIR, _RS485, _MODBUS, _HALF_DUPLEX, _EVEN, _UP = 2, 2, 1, 1, 2, 1


@dataclass(frozen=True, slots=True)
class Identity:
    """The meter's names, firmware and key."""

    serial: str
    """MA1."""
    firmware: Firmware
    key: MeterKey

    @property
    def measuring_serial(self) -> str:
        """SNM: the last eight characters of MA1."""
        return self.serial[-8:]

    @property
    def communication_serial(self) -> str:
        """SNC: 16 hex digits that begin as in every real meter that was seen."""
        return "000b570000" + hashlib.sha256(self.serial.encode("ascii")).hexdigest()[:6]

    def common(self, unit: int) -> dict[str, Value]:
        """Return the common model's values."""
        return {
            "Mn": MAKER,
            "Md": MODEL,
            "Vr": self.firmware.meter,
            "SN": self.measuring_serial,
            "DA": unit,
        }

    def signing_meter(self, *, unit: int, baud: int, operating_s: int, event_bits: int) -> dict[str, Value]:
        """Return names, versions and key of the signing meter's model."""
        return {
            "ErrM": "00000001" if event_bits & events.FATAL else "00000000",
            "SNM": self.measuring_serial,
            "SNC": self.communication_serial,
            "VrM": self.firmware.meter,
            "VrC": self.firmware.communication,
            "MA1": self.serial,
            "MA2": self._display_page(unit=unit, baud=baud, operating_s=operating_s),
            "NPK": _KEY_REGISTERS,
            "BPK": len(self.key.public),
            "PK": self.key.public,
        }

    def firmware_hash(self) -> dict[str, Value]:
        """Return the firmware hash model's values."""
        digest = self.firmware.digest
        return {"Typ": 0, "NB": _DIGEST_REGISTERS, "BB": len(digest), "B": digest}

    def _display_page(self, *, unit: int, baud: int, operating_s: int) -> str:
        digest = self.firmware.digest.hex().upper()
        pages = (
            f"{BAUD_RATES.index(baud):02}0{unit:03}",
            f"F0{self.firmware.communication[:4].upper()}",
            f"F1{digest[:4]}",
            f"F2{digest[4:8]}",
        )
        return pages[operating_s // _PAGE_S % len(pages)]


def serial_header() -> dict[str, Value]:
    """Return the serial interface header's values."""
    return {"St": _UP, "Typ": _TWISTED_PAIR}


def serial_interface(baud: int) -> dict[str, Value]:
    """Return the serial interface's values; parity is even whatever the bench's port can hold."""
    return {
        "Rte": baud,
        "Bits": 8,
        "Pty": _EVEN,
        "Dup": _HALF_DUPLEX,
        "Flw": 0,
        "Typ": _RS485,
        "Pcol": _MODBUS,
    }
