"""What an EVSE needs of a meter that signs, and perhaps switches. Its words are those of station.core.powermeter."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from station.core.powermeter import Powermeter, TransactionReq, TransactionStartResponse, TransactionStopResponse
from station.core.records import LeftOver, SignedRecord


class Switching(StrEnum):
    """Who closes and opens the contactor."""

    METER = "meter"
    """The meter: turn-on and turn-off snapshots, switch and measurement coordinated."""
    EXTERNAL = "external"
    """The station's own hardware: start and end snapshots; the meter's output is never used."""


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
    firmware_hash: bytes = b""
    """SHA-256 of the communication module's firmware, as the meter tells it."""
    warnings: tuple[str, ...] = ()
    """What an operator should know, one sentence each: firmware that is not on the list of certified ones ..."""
    unfit: str = ""
    """Why this meter must not be used for billing now (event bits, development firmware); empty if it may."""


class SigningMeter(Protocol):
    """A meter that signs its registers, may close the contactor's path, and reads live values.

    Every method talks to hardware, may take seconds and raises DeviceError (station.errors). None may be called
    while another runs on the same meter (its EVSE's worker serialises them), `read` excepted: that one waits
    for its turn.
    """

    async def identify(self) -> MeterIdentity:
        """Return who the meter is; reads its registers, its public key and its event bits."""

    async def set_time(self, updated_at: datetime | None, *, only_if_unset: bool = False) -> datetime | None:
        """Give the meter its time if it has none since power-up, else do what is due.

        `updated_at`: what this method returned the last time that it was called for this meter, None if never.
        `only_if_unset`: somebody charges, so nothing is done about a clock that runs.
        Raises ClockUnsetError if the meter has no time and the station has none to give.
        """

    async def start_transaction(self, request: TransactionReq) -> TransactionStartResponse:
        """Have the meter sign the start for somebody; the record is verified, the output on if the meter switches.

        After a failure the output is off again, or the error says that it may be on.
        """

    async def stop_transaction(self, transaction_id: str) -> TransactionStopResponse:
        """Have the meter sign the end; its record is verified, and the output off if the meter switches."""

    async def sign_current(self, transaction_id: str | None) -> SignedRecord:
        """Have the meter sign its present registers, verified, for the transaction that runs; None: for nobody.

        Nothing is switched and no register reset, so that it may be done between begin and end; takes seconds.
        """

    async def release_output(self) -> None:
        """Turn the output off without a record; nothing to do where the meter does not switch."""

    async def read(self) -> Powermeter:
        """Return live values."""

    async def left_over(self, request: TransactionReq | None) -> LeftOver:
        """Return what the meter holds from before; waits for a snapshot that is still being taken.

        A begin that was signed for somebody else than `request` is left out.
        """


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
