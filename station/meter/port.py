"""What an EVSE needs of a meter that switches and signs."""

from dataclasses import dataclass
from typing import Protocol

from station.core.records import LeftOver, Metadata, Reading, SignedRecord


@dataclass(frozen=True, slots=True)
class MeterIdentity:
    """Who the meter says it is."""

    manufacturer: str
    model: str
    serial: str
    """MA1, the serial that stands in every record."""
    meter_firmware: str
    communication_firmware: str
    public_key: bytes
    """DER SubjectPublicKeyInfo."""


class SigningMeter(Protocol):
    """A meter that closes the contactor's path, signs its registers and reads live values.

    Every method talks to hardware, may take seconds and raises DeviceError (station.errors). None may be called
    while another runs on the same meter (its EVSE's worker serialises them), `read` excepted: that one waits
    for its turn.
    """

    async def identify(self) -> MeterIdentity:
        """Return who the meter is; reads its registers and its public key once."""

    async def set_time(self) -> None:
        """Give the meter its time if it has none since power-up, else at most once in 24 h.

        Raises ClockUnsetError if the station has no plausible time itself.
        """

    async def turn_on(self, metadata: Metadata) -> SignedRecord:
        """Write the metadata, take the turn-on snapshot, return its verified record; the output is then on.

        After a failure the output is off again, or the error says that it could not be turned off.
        """

    async def turn_off(self) -> SignedRecord:
        """Take the turn-off snapshot and return its verified record; the output is then off."""

    async def release_output(self) -> None:
        """Turn the output off without a record."""

    async def read(self) -> Reading:
        """Return live values."""

    async def left_over(self) -> LeftOver:
        """Return what the meter holds from before; waits for a snapshot that is still being taken."""


class Registers(Protocol):
    """What a meter's driver needs of a Modbus device; raises DeviceError.

    `timeout_s` and `retries` replace what the device does otherwise, for this call.
    """

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        """Function 3."""

    async def write_registers(
        self, address: int, values: list[int], *, timeout_s: float | None = None, retries: int | None = None
    ) -> None:
        """Function 16."""
