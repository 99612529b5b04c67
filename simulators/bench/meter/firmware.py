"""What differs between the meter's firmware releases, one row a release (METER.md section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Firmware:
    """Releases of measuring and communication part and what follows from them."""

    meter: str
    """VrM."""
    communication: str
    """VrC."""
    digest: bytes
    """SHA-256 of the communication part."""
    energy_exponent: int
    """RCR_SF, Wh_SF and TotWh_SF."""
    kwh_texts: bool
    """OCMF gives kWh with two decimals and Meta2 and Meta3 as X2 and X3; else whole Wh and neither."""
    counts_power_up: bool
    """RCnt moves at power-up."""
    turn_on_closes: bool
    """A turn-on needs DOE and waits until DI says closed; else it only prepares and DOE may come later."""


FIRMWARES: Final[Mapping[str, Firmware]] = MappingProxyType(
    {
        "1.1": Firmware(
            meter="1.8:23DB:9D6A",
            communication="08d1aa3",
            digest=bytes.fromhex("d1922c43218d12e13743486fd41bb105c716534b9390eccaa5723402e7b2169d"),
            energy_exponent=0,
            kwh_texts=False,
            counts_power_up=True,
            turn_on_closes=True,
        ),
        "1.2": Firmware(
            meter="1.9:32CA:AFF4",
            communication="6d1dd3c",
            digest=bytes.fromhex("fc99b5088ccf8d9754bcc6d2df6354140388cd3599f8f85f3a7d9e3fa0fa3c7c"),
            energy_exponent=0,
            kwh_texts=False,
            counts_power_up=True,
            turn_on_closes=False,
        ),
        "1.3": Firmware(
            meter="1.9:32CA:AFF4",
            communication="01d484f",
            digest=bytes.fromhex("11b49f84cf423009674d78f0af72a39a2a59b49e2a46e9ed587d48a54434531d"),
            energy_exponent=1,
            kwh_texts=True,
            counts_power_up=False,
            turn_on_closes=False,
        ),
    }
)
"""By the release of the communication part."""

RESOLUTION_WH: Final = 10
"""One step of the energy registers in every release."""
