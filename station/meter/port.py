"""What an EVSE needs of a meter that switches and signs."""

from dataclasses import dataclass
from typing import Protocol

from station.core.records import LeftOver, Metadata, Reading, SignedRecord


class MeterError(Exception):
    """The meter did not do what was asked; the text says what, on which port and unit."""


class MeterSilentError(MeterError):
    """No usable answer came: nothing, a bad checksum, another unit's or another function's answer."""


class MeterRefusedError(MeterError):
    """The meter answered with a Modbus exception."""


class MeterBusyError(MeterError):
    """A snapshot did not finish within its time."""


class SnapshotFailedError(MeterError):
    """The meter reports that a snapshot failed; `status` is its St register (1, 3, 4 or 5)."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class RecordInvalidError(MeterError):
    """A record was read that cannot be trusted: it is not verified, stale, or not OCMF. `ocmf` keeps its bytes."""

    def __init__(self, message: str, *, ocmf: bytes) -> None:
        super().__init__(message)
        self.ocmf = ocmf


class ClockUnsetError(MeterError):
    """The meter's time is not set and could not be set."""


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

    Every method talks to hardware, may take seconds and raises MeterError; none may be called while another runs
    on the same meter (its EVSE's worker serialises them, live reading excepted: that one waits for the line itself).
    """

    async def identify(self) -> MeterIdentity:
        """Return who the meter is; reads its registers and its public key once."""

    async def set_time(self) -> None:
        """Give the meter its time if it has none since power-up, else nothing within 24 h of the last time."""

    async def turn_on(self, metadata: Metadata) -> SignedRecord:
        """Write the metadata, take the turn-on snapshot and return its verified record; the output is then on.

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
